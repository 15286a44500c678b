"""The fixed scripts that run on hosts, and the argument lists that call them.

Every script is a constant; what changes is passed as positional parameters or on standard input, never
written into the text. A host needs only a POSIX shell, coreutils and util-linux for them.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Sequence

from ostler.commands import Command

SESSION_MARK = b"ostler-session "
"""Begins the first line a wrapper writes to its standard error: the session all its processes belong to."""

END_GRACE_S = 3.0
"""How long processes have between SIGTERM and SIGKILL."""

_SETTING = """
export LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
printf 'ostler-session %s\\n' "$$" >&2
left=$1; shift
while [ "$left" -gt 0 ]; do IFS= read -r pair; export "$pair"; left=$((left-1)); done
"""
# Values of the environment arrive on standard input: arguments can be seen by every user of a host.

READ_SCRIPT = _SETTING + '"$@"\nexit "$?"\n'
# Not exec: setsid(1) would report a program ended by signal 9 as exit code 9, the shell makes it 137.

CHANGE_SCRIPT = (
    _SETTING
    + """
lock=$1; shift
dir=/run/ostler
[ -d "$dir" ] || mkdir -p -m 0700 -- "$dir"
while :; do
  exec 9>"$dir/$lock"; flock 9
  [ "$dir/$lock" -ef /proc/self/fd/9 ] && break
done
trap 'rm -f -- "$dir/$$.out" "$dir/$$.err"; exit 143' TERM
code=0
"$@" >"$dir/$$.out" 2>"$dir/$$.err" 9>&- || code=$?
[ ! -s "$dir/$$.out" ] || cat "$dir/$$.out"
[ ! -s "$dir/$$.err" ] || cat "$dir/$$.err" >&2
rm -f -- "$dir/$$.out" "$dir/$$.err" "$dir/$lock"
exit "$code"
"""
)
# A changing command goes on when the connection breaks (half a schema migration is worse than a late one):
# so its output goes to files, and the same command started again waits until the first one has ended.

END_SCRIPT = """
all() {
  for stat in /proc/[0-9]*/stat; do
    line=; read -r line 2>/dev/null <"$stat" || continue
    pid=${line%% *}; set -- "$session" ${line##*) }
    [ "$5" = "$session" ] && [ "$2" != Z ] && printf '%s ' "$pid"
  done
}
session=$1
kill -TERM $(all) 2>/dev/null
tries=0
while [ "$tries" -lt "$2" ] && [ -n "$(all)" ]; do sleep 0.1; tries=$((tries+1)); done
kill -KILL $(all) 2>/dev/null
exit 0
"""
# By session, not by process group: programs like timeout(1) move their children into groups of their own.

PUT_SCRIPT = """
set -eu
path=$1 mode=$2 owner=$3 size=$4
mkdir -p -- "$(dirname -- "$path")"
umask 077
new=$(mktemp -- "$path.ostler-XXXXXX")
trap 'rm -f -- "$new"' EXIT
cat >"$new"
got=$(stat -c %s -- "$new")
[ "$got" = "$size" ] || { echo "only $got of $size bytes arrived" >&2; exit 74; }
[ -z "$owner" ] || chown -- "$owner" "$new"
chmod -- "$mode" "$new"
sync -- "$new"
mv -fT -- "$new" "$path"
sync -- "$(dirname -- "$path")"
trap - EXIT
"""

_ENV_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


RECEIVE_SCRIPT = """
size=$(stat -L -c %s -- "$1") && echo "$size" && exec cat -- "$1"
"""


def as_user(command: Command) -> list[str]:
    """Return the argument list that runs a command as the user it asks for.

    runuser ends with 1 for a program that is missing; env ends with 127, as a shell does.
    """
    return ["runuser", "-u", command.user, "--", "env", "--", *command.argv] if command.user else list(command.argv)


def wrapped(command: Command) -> list[str]:
    """Return the argument list that runs a command in a session of its own, as the user it asks for.

    Its standard input must be ``stdin_of(command)``.
    """
    argv = as_user(command)
    if command.is_read_only:
        return _in_session(READ_SCRIPT, str(len(command.env)), *argv)
    return _in_session(CHANGE_SCRIPT, str(len(command.env)), _lock_name(command), *argv)


def streamed(argv: Sequence[str]) -> list[str]:
    """Return the argument list that runs a program of ours whose input or output is too large to be kept."""
    return _in_session(READ_SCRIPT, "0", *argv)


def stdin_of(command: Command) -> bytes:
    """Return what the wrapper of a command reads: the environment's values, then the command's own input."""
    return b"".join(_pair(name, value) for name, value in command.env.items()) + (command.stdin or b"")


def end_session(session: int) -> list[str]:
    """Return the argument list that ends all processes of a session: SIGTERM, and SIGKILL after END_GRACE_S."""
    return ["sh", "-c", END_SCRIPT, "ostler-end", str(session), str(int(END_GRACE_S * 10))]


def put_file(path: str, mode: int, owner: str, size: int) -> list[str]:
    """Return the argument list that writes standard input (``size`` bytes) to a file, whole or not at all.

    ``owner`` is ``user:group``, or empty to leave it to the login.
    """
    return ["sh", "-c", PUT_SCRIPT, "ostler-put", path, f"{mode:04o}", owner, str(size)]


def receive_file(path: str) -> list[str]:
    """Return the argument list that prints a file's size as a line, and then its bytes."""
    return ["sh", "-c", RECEIVE_SCRIPT, "ostler-receive", path]


def session_in(line: bytes) -> int | None:
    """Return the session a wrapper's line tells of, or None when it is not such a line."""
    number = line[len(SESSION_MARK) :].strip()
    return int(number) if line.startswith(SESSION_MARK) and number.isdigit() else None


def _in_session(script: str, *arguments: str) -> list[str]:
    return ["setsid", "-w", "sh", "-c", script, "ostler-run", *arguments]


def _pair(name: str, value: str) -> bytes:
    if not _ENV_NAME.fullmatch(name) or "\n" in value or "\0" in value:
        raise ValueError(f"{name!r} cannot be set in a command's environment: a bad name, or a value of several lines")
    return f"{name}={value}\n".encode()


def _lock_name(command: Command) -> str:
    text = json.dumps([command.argv, command.user, sorted(command.env)])
    return "lock-" + hashlib.sha256(text.encode()).hexdigest()[:32]
