#!/bin/sh
# The tests on a real practice cloud; they need root, and take most of the time. With --soak: also those that take long.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then echo "the practice cloud needs root: run this as root" >&2; exit 1; fi
which="practice and not soak"
[ "${1:-}" != "--soak" ] || which="practice"
printf '== tests on the practice cloud (%s)\n' "$which"
exec .venv/bin/python -m pytest -m "$which" -v -rP --timeout=2400 --durations=15 tests/practice
