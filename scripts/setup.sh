#!/bin/sh
# Set Ostler up on a Debian machine: system packages (as root), then the environment .venv from the lock file.
# As root, or with --practice, also the packages that practice clouds and some tests need. Says what it installs; may be
# run again at any time.
set -eu
cd "$(dirname "$0")/.."

packages="python3 python3-venv"
if [ "${1:-}" = --practice ] || [ "$(id -u)" -eq 0 ]; then
  packages="$packages openssh-client systemd-container mmdebstrap zstd iproute2"
fi
say() { printf '== %s\n' "$*"; }

missing=""
for package in $packages; do
  if ! dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q 'ok installed'; then missing="$missing $package"; fi
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" -ne 0 ]; then
    echo "these packages are missing:$missing" >&2
    echo "run this as root, or install them: apt-get install$missing" >&2
    exit 1
  fi
  say "installing system packages:$missing"
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq
  # shellcheck disable=SC2086 # a list of names
  apt-get install -y -qq --no-install-recommends $missing > /dev/null
fi

if ! .venv/bin/python -m pip --version > /dev/null 2>&1; then # none, or one whose making was interrupted
  say "making the environment .venv"
  rm -rf .venv
  "${PYTHON3:-/usr/bin/python3}" -m venv .venv
fi
if [ ! -e .venv/ready ] || ! cmp -s requirements.lock .venv/ready; then
  say "installing Ostler's dependencies from requirements.lock"
  uv_version=$(sed -n 's/^uv==\([^ ]*\).*/\1/p' requirements.lock)
  .venv/bin/python -m pip install -q --disable-pip-version-check "uv==$uv_version"
  .venv/bin/uv pip sync -q --python .venv/bin/python --require-hashes requirements.lock
  .venv/bin/uv pip install -q --python .venv/bin/python --no-deps -e .
  cp requirements.lock .venv/ready
fi
say "ready: $(.venv/bin/python -V), .venv/bin/ostler"
