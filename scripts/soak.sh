#!/bin/sh
# A real upgrade on a practice cloud of its own, killed 25 times; then the cloud is taken down.
# Another hop: SOAK_FROM=2025.1 SOAK_TO=2025.2 sh scripts/soak.sh
set -eu
cd "$(dirname "$0")/.."
name=soak
from="${SOAK_FROM:-2024.1}"
to="${SOAK_TO:-2025.1}"
tidy() { .venv/bin/ostler practice down --name "$name" > /dev/null; }
if [ -e "${OSTLER_STATE_DIR:-/var/lib/ostler}/practice/$name/state.json" ]; then
  printf '== taking down the practice cloud that a soak before this one has left\n'
  tidy
fi
trap tidy EXIT
printf '== a practice cloud to kill upgrades on\n'
.venv/bin/ostler practice up --name "$name" --release "$from"
.venv/bin/ostler practice fill --name "$name"
.venv/bin/ostler env build --practice "$to"
cloud="${OSTLER_STATE_DIR:-/var/lib/ostler}/practice/$name/cloud.yaml"
tries=0 # a service that just started is seen as up after its next report
until .venv/bin/ostler status --cloud "$cloud" > /dev/null || [ "$tries" -ge 24 ]; do tries=$((tries + 1)); sleep 5; done
printf '== killing a real upgrade\n'
.venv/bin/python scripts/kill_soak.py --name "$name" --to "$to" --kills 25
