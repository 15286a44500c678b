#!/bin/sh
# The fast checks, all of them, also when one fails; with --long also the tests without a cloud that take many seconds
# each. Types and imports are checked while the tests run: what they say comes after them, so that pytest's own lines stay together.
set -u
unset PYTHONDONTWRITEBYTECODE # else every worker, and every process of a test, compiles everything anew
cd "$(dirname "$0")/.."
failed=""
which="not practice and not long"
[ "${1:-}" != --long ] || which="not practice"
run() {
  name=$1; shift
  printf '== %s\n' "$name"
  "$@" || failed="$failed $name"
}
run lint .venv/bin/ruff check .
run format .venv/bin/ruff format --check -q .
said=$(mktemp -d)
trap 'rm -rf "$said"' EXIT
.venv/bin/mypy > "$said/types" 2>&1 & types=$!
.venv/bin/lint-imports --no-cache --no-logo > "$said/imports" 2>&1 & imports=$!
run sshd sh scripts/get_sshd.sh
# Twice as many workers as cores: many tests wait, for a process that was killed or a probe that ends.
run tests .venv/bin/python -m pytest -m "$which" -rs -n 4 --dist worksteal
wait "$types"; run types sh -c 'cat "$1"; exit "$2"' show "$said/types" $?
wait "$imports"; run imports sh -c 'cat "$1"; exit "$2"' show "$said/imports" $?
if [ -n "$failed" ]; then echo "failed:$failed" >&2; exit 1; fi
