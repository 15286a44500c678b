#!/bin/sh
# The fast checks, all of them, also when one fails.
set -u
cd "$(dirname "$0")/.."
failed=""
run() {
  name=$1; shift
  printf '== %s\n' "$name"
  "$@" || failed="$failed $name"
}
run lint .venv/bin/ruff check .
run format .venv/bin/ruff format --check -q .
run types .venv/bin/mypy
run imports .venv/bin/lint-imports --no-cache
run sshd sh scripts/get_sshd.sh
run tests .venv/bin/python -m pytest -m "not practice" -n 2
if [ -n "$failed" ]; then echo "failed:$failed" >&2; exit 1; fi
