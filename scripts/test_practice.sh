#!/bin/sh
# The tests on a real practice cloud; they need root, and take most of the time. With --soak: also those that take long, and the ways over
# several hops, in place and onto a new control plane, on a cloud that is built at an older release and has spare hosts.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ]; then echo "the practice cloud needs root: run this as root" >&2; exit 1; fi
which="practice and not soak"
[ "${1:-}" != "--soak" ] || which="practice"
options="-v -rP --timeout=2400 --durations=15"
printf '== tests on the practice cloud (%s)\n' "$which"
status=0
.venv/bin/python -m pytest -m "$which" $options tests/practice || status=$?
[ "${1:-}" = "--soak" ] || exit "$status"
printf '== several hops, in place and onto a new control plane\n'
env -u OSTLER_TEST_CLOUD OSTLER_TEST_SPARES=3 OSTLER_TEST_HOP="2023.1 2025.1" .venv/bin/python -m pytest -m practice $options \
  tests/practice/main_job/test_8_fast_forward.py tests/practice/main_job/test_9_replace.py || status=$?
exit "$status"
