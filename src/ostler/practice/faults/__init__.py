"""Faults for practice clouds: what can be broken on purpose, and how it is made, seen and mended."""
