"""What went wrong, and where: from what the logs say to ranked findings. Pure: opens nothing but its own data, reads
no clock.

Events become what was seen (`observing`), that becomes incidents and unfinished work, those give evidence for source
files (`candidates`), and the evidence is weighed (`weighing`) to a verdict and findings (`diagnosing`).
"""
