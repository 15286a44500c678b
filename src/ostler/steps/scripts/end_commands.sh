# ostler-end-commands FOLDER: end every process that runs code below FOLDER, gently for ten seconds
set -eu
folder=$1
running() { grep -slF -- " $folder/" /proc/[0-9]*/maps | cut -d/ -f3 | grep -vx -- "$$" || true; }
tries=0
while pids=$(running) && [ -n "$pids" ]; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ]; then echo "these do not end: $(echo "$pids" | paste -sd' ')" >&2; exit 1; fi
  signal=TERM
  if [ "$tries" -gt 50 ]; then signal=KILL; fi
  for pid in $pids; do kill -s "$signal" "$pid" 2> /dev/null || true; done
  sleep 0.2
done
