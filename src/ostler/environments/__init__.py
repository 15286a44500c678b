"""Software archives: one virtual environment per project and release, built once, content-addressed, stored.

Building needs a build root (a tree that looks like the hosts) and a package index; finding a stored archive
needs neither. Nothing here touches a cloud.
"""
