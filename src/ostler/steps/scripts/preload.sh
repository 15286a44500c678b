# ostler-preload FOLDER: read every file below a folder once, so that it is in memory when something starts from it.
# It only saves time: what cannot be read, or not within a minute, is left.
timeout 60 find "$1" -type f -exec cat {} + > /dev/null 2>&1 || true
