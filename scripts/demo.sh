#!/bin/sh
# The main job, start to end, on a practice cloud: build OpenStack 2024.1, fill it, plan its upgrade to 2025.1, carry the
# plan out while every API is being probed, prove the result, write the report. Each command is one you could type.
# May be run again at any time: the cloud of an earlier demo is taken down first and built again. A cloud of that name
# that is there is used when it is at that release, well and without open runs; else it is left alone: DEMO_CLOUD names
# another one.
# Ends with 1 also when a request failed; what went beyond an API's limits is told, and fails nothing (docs/adr/0017).
set -eu
cd "$(dirname "$0")/.."
name=${DEMO_CLOUD:-practice}
from=${DEMO_FROM:-2024.1}
to=${DEMO_TO:-2025.1}
if [ "$(id -u)" -ne 0 ]; then echo "the practice cloud needs root: run this as root" >&2; exit 1; fi
mkdir -p demo
rm -f demo/report.html demo/report.json # those of an earlier demo say nothing of this one
PATH="$PWD/.venv/bin:$PATH"
export PATH

step() { printf '\n$ %s\n' "$*"; "$@"; }

folder="${OSTLER_STATE_DIR:-/var/lib/ostler}/practice/$name"
cloud="$folder/cloud.yaml"
begun="$folder/demo-begun" # goes with the cloud
used=$(ostler practice list --json | python scripts/demo_cloud.py "$name" "$from")
half='its removal was interrupted' # as demo_cloud.py says it
[ ! -e "$begun" ] || used='an earlier demo has begun to upgrade it'
if [ -e "$begun" ] || [ "$used" = "$half" ]; then
  printf 'The practice cloud %s is there already, but not as new: %s. It is taken down and built again.\n' "$name" "$used"
  step ostler practice down --name "$name"
elif [ -n "$used" ]; then
  printf 'The practice cloud %s is there already, but not as new: %s. No demo upgraded it, so it is left alone.\n' "$name" "$used" >&2
  printf '  do next: DEMO_CLOUD=%s2 make demo; or, if it is not needed: .venv/bin/ostler practice down --name %s\n' "$name" "$name" >&2
  exit 2
fi
step ostler practice up --name "$name" --release "$from"
step ostler practice fill --name "$name"
step ostler env build --practice "$to"
export OSTLER_CLOUD="$cloud"
tries=0 # a service that just started is seen as up after its next report
until ostler status > /dev/null || [ "$tries" -ge 12 ]; do tries=$((tries + 1)); sleep 5; done
step ostler status
step ostler upgrade --to "$to" --out demo/upgrade.plan
ended=0
: > "$begun"
[ -t 1 ] || printf '\nThis is no terminal: each event of the run follows as one line of JSON.\n'
step ostler apply demo/upgrade.plan --approve all || ended=$?
if [ "$ended" -eq 2 ] || [ "$ended" -eq 3 ]; then # nothing began: the newest run is another one
  rm -f "$begun"
  echo "the plan was not carried out; see above" >&2
  exit "$ended"
fi
run=$(ostler runs --json | python -c 'import json, sys; print(json.load(sys.stdin)["runs"][0]["id"])')
step ostler report "$run" --html demo/report.html --json demo/report.json || ended=$?
if [ -e demo/report.json ] && ! python scripts/demanded.py demo/report.json; then
  [ "$ended" -ne 0 ] || ended=1
fi
step ostler status || ended=$?
[ ! -e demo/report.html ] || printf '\nThe report is in demo/report.html.\n'
printf '\nGo on with the cloud:\n  export OSTLER_CLOUD=%s\n' "$cloud"
printf '  .venv/bin/ostler show %s    # how the run ended, and the ways on\n' "$run"
printf '  .venv/bin/ostler rollback %s --out demo/back.plan && .venv/bin/ostler apply demo/back.plan\n' "$run"
printf 'Remove the practice cloud with: .venv/bin/ostler practice down --name %s\n' "$name"
exit "$ended"
