"""What a compute keeps of itself and its guests: its identity, and guests nova does not know or has lost.

The hypervisor of a practice compute is nova's fake one, with the guests in a file; it reads the file when it starts.
"""

from __future__ import annotations

from ostler.practice.faults.fault import SEEING, Default, Fault, Script
from ostler.practice.faults.services import SEE_ENDING

UNIT = "nova-compute.service"
GUESTS, IDENTITY = "/var/lib/nova/guests.json", "/var/lib/nova/compute_id"
ORPHAN = "3b8e0d64-72f1-4a59-b6c0-9d4e1f7a2c85"

CHANGE_GUESTS = """
import json, pathlib, shutil, subprocess, sys
_, mark, verb, path, uuid = sys.argv
kept = {"uuid": uuid, "guest": ["instance-0000ffff", 1]} if uuid else json.loads(sys.stdin.read())
subprocess.run(["systemctl", "stop", "nova-compute.service"], check=True)
file = pathlib.Path(path)
guests = json.loads(file.read_text()) if file.exists() else {}
if verb == "add":
    guests.setdefault(kept["uuid"], kept["guest"])
else:
    guests.pop(kept["uuid"], None)
new = file.with_suffix(".ostler-new")
new.write_text(json.dumps(guests))
shutil.chown(new, "nova", "nova")
new.replace(file)
subprocess.run(["systemctl", "start", "nova-compute.service"], check=True)
"""
"""One guest more or less: the one whose UUID is given, else (empty) the one that was remembered."""

SEE_GUEST = (
    SEEING
    + """import json, pathlib, sys
file = pathlib.Path(sys.argv[2])
uuid = sys.argv[4] or json.loads(sys.stdin.read())["uuid"]
is_there = file.exists() and uuid in json.loads(file.read_text())
sys.exit(0 if is_there == (sys.argv[3] == "there") else 1)
"""
)
KEEP_GUEST = """
import json, pathlib, sys
file = pathlib.Path(sys.argv[2])
guests = json.loads(file.read_text()) if file.exists() else {}
running = sorted(uuid for uuid, (name, state) in guests.items() if state == 1)
if not running:
    sys.stderr.write("no server runs there; run `ostler practice fill` first\\n")
    sys.exit(69)
print(json.dumps({"uuid": running[0], "guest": guests[running[0]]}))
"""

KEEP_WITH_OWNER = """[ -e "$1" ] || { echo "there is no $1" >&2; exit 69; }
stat -c '%a %u:%g' -- "$1"; base64 -w0 -- "$1"
"""
REMOVE_FILE = 'set -e; rm -f -- "$1"; systemctl reset-failed "$2" || true; systemctl restart --no-block "$2"'
PUT_BACK = """set -e
read -r mode owner
base64 -d > "$1.ostler-kept"
chown "$owner" "$1.ostler-kept"; chmod "$mode" "$1.ostler-kept"
mv -f -- "$1.ostler-kept" "$1"
systemctl reset-failed "$2" 2>/dev/null || true
systemctl restart "$2"
"""
SEE_REMOVED = f"""[ ! -e "$1" ] || exit 1
{SEE_ENDING}"""

FAULTS = (
    Fault(
        name="nova-compute-identity-lost",
        does="removes the file by which nova-compute knows itself and restarts it; it refuses to start",
        users_see="the compute is down after a minute",
        role="compute",
        default=Default.FIRST,
        touches=(f"unit {UNIT}", f"file {IDENTITY}"),
        remember=Script(KEEP_WITH_OWNER, (IDENTITY,)),
        make=Script(REMOVE_FILE, (IDENTITY, UNIT)),
        see=Script(SEE_REMOVED, (IDENTITY, UNIT)),
        mend=Script(PUT_BACK, (IDENTITY, UNIT)),
    ),
    Fault(
        name="orphan-guest",
        does="gives the hypervisor of a compute a guest that nova does not know",
        users_see="nothing, but the room it takes",
        role="compute",
        default=Default.FIRST,
        touches=(f"unit {UNIT}", f"file {GUESTS}"),
        make=Script(CHANGE_GUESTS, ("add", GUESTS, ORPHAN), program="python3"),
        see=Script(SEE_GUEST, (GUESTS, "there", ORPHAN), program="python3"),
        mend=Script(CHANGE_GUESTS, ("remove", GUESTS, ORPHAN), program="python3"),
    ),
    Fault(
        name="guest-lost",
        does="takes a guest from the hypervisor of a compute that nova believes to run there",
        users_see="a server that is ACTIVE and does not run; nova notices within minutes and calls it shut off",
        role="compute",
        default=Default.FIRST,
        touches=(f"unit {UNIT}", f"file {GUESTS}"),
        remember=Script(KEEP_GUEST, (GUESTS,), program="python3"),
        make=Script(CHANGE_GUESTS, ("remove", GUESTS, ""), program="python3"),
        see=Script(SEE_GUEST, (GUESTS, "gone", ""), program="python3"),
        mend=Script(CHANGE_GUESTS, ("add", GUESTS, ""), program="python3"),
        needs="servers, from `ostler practice fill`",
    ),
)
