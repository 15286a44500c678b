#!/bin/sh
# The tests of the SSH connections need an sshd. Where none is installed, unpack Debian's below .venv/openssh: no service
# is started or enabled on this machine. They need root too, and so does this.
set -eu
cd "$(dirname "$0")/.."
if [ "$(id -u)" -ne 0 ] || [ -x /usr/sbin/sshd ]; then exit 0; fi
there="$PWD/.venv/openssh"
if [ ! -x "$there/usr/sbin/sshd" ]; then
  printf '== unpacking openssh-server for the tests\n'
  loads="$there.packages"
  rm -rf "$loads"
  mkdir -p "$loads"
  chmod 777 "$loads" # apt downloads as a user of its own
  apt-get update -qq
  (cd "$loads" && apt-get download -qq openssh-server libwrap0)
  for package in "$loads"/*.deb; do dpkg-deb -x "$package" "$there"; done
  rm -rf "$loads"
fi
if ! getent passwd sshd > /dev/null; then # as the package does
  useradd --system --no-create-home --home-dir /run/sshd --shell /usr/sbin/nologin sshd
fi
