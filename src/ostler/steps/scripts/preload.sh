# ostler-preload FOLDER: read every file below a folder once, so that it is in memory when something starts from it.
set -eu
find "$1" -type f -exec cat {} + > /dev/null
