"""Room that runs out: on disks, for new files, in memory, for open files. And a clock that is off.

A folder runs full on a small file system of its own that is mounted over it, with a copy of what is in it; the disk of
the machine is never filled. The hosts' kernel gives them no memory controller, so memory runs out for one process.
"""

from __future__ import annotations

from ostler.practice.faults.fault import Default, Fault, Script
from ostler.practice.faults.services import SEE_ENDING
from ostler.practice.openstack.identity_image_settings import IMAGES

FILL_COPY = """set -e
folder=$1 what=$2; shift 2
side=/run/ostler-full-$(systemd-escape --path "$folder")
mkdir -p "$side"
! mountpoint -q "$folder" || exit 0
files=$(find "$folder" | wc -l) kilobytes=$(du -sk --apparent-size "$folder" | cut -f 1)
[ "$kilobytes" -le 65536 ] || { echo "$folder is too large to be copied: $kilobytes KiB" >&2; exit 1; }
case $what in
  bytes) options=size=$((kilobytes + files * 4 + 256))k ;;
  files) options=size=$((kilobytes + files * 4 + 4096))k,nr_inodes=$((files + 16)) ;;
esac
mount -t tmpfs -o "$options" ostler-full "$side"
cp --archive "$folder/." "$side/"
case $what in
  bytes) dd if=/dev/zero of="$side/.filler" bs=4k status=none 2>/dev/null || true ;;
  files) number=0; while touch "$side/.filler-$number" 2>/dev/null; do number=$((number+1)); done ;;
esac
mount --bind "$side" "$folder"
umount "$side"
for unit; do systemctl restart --no-block "$unit"; done
"""
FILL_OVER = """set -e
folder=$1; shift
side=/run/ostler-full-$(systemd-escape --path "$folder")
mkdir -p "$side"
! mountpoint -q "$folder" || exit 0
mountpoint -q "$side" || mount -t tmpfs -o size=64k ostler-full "$side"
mkdir -p "$side/upper" "$side/work"
chown --reference="$folder" "$side/upper"; chmod --reference="$folder" "$side/upper"
mount -t overlay ostler-full -o "lowerdir=$folder,upperdir=$side/upper,workdir=$side/work" "$folder"
dd if=/dev/zero of="$side/filler" bs=4k status=none 2>/dev/null || true
"""
"""For a folder too large to be copied: what is there can be read, and nothing can be added."""

SEE_FULL = """mountpoint -q "$1" || exit 1
! dd if=/dev/zero of="$1/.ostler-see" bs=4k count=4 status=none 2>/dev/null; full=$?
rm -f -- "$1/.ostler-see"
exit "$full"
"""
EMPTY = """set -e
folder=$1; shift
side=/run/ostler-full-$(systemd-escape --path "$folder")
if mountpoint -q "$folder" && findmnt --noheadings --output SOURCE --mountpoint "$folder" | grep -q ostler-full; then
  umount "$folder" 2>/dev/null || umount --lazy "$folder"
fi
if mountpoint -q "$side"; then umount "$side" 2>/dev/null || umount --lazy "$side"; fi
rmdir "$side" 2>/dev/null || true
for unit; do systemctl reset-failed "$unit" 2>/dev/null || true; systemctl restart "$unit"; done
"""

DROP_IN = """set -e
name=$1 unit=$2; shift 2
mkdir -p "/run/systemd/system/$unit.d"
{ echo '[Service]'; printf '%s\\n' "$@"; } > "/run/systemd/system/$unit.d/$name.conf"
systemctl daemon-reload
systemctl reset-failed "$unit" 2>/dev/null || true
systemctl restart --no-block "$unit"
"""
SEE_LIMITED = f"""[ -e "/run/systemd/system/$2.d/$1.conf" ] || exit 1
{SEE_ENDING}"""
TAKE_OUT = """set -e
name=$1; shift
for unit; do
  rm -f -- "/run/systemd/system/$unit.d/$name.conf"
  rmdir "/run/systemd/system/$unit.d" 2>/dev/null || true
done
systemctl daemon-reload
for unit; do systemctl reset-failed "$unit" 2>/dev/null || true; systemctl restart "$unit"; done
"""

SOFT_LIMIT = "awk '/^Max open files/ { print $4 }' \"/proc/$pid/limits\""
LIMIT_FILES = 'runuser -u "$(stat -c %U "/proc/$pid")" -- prlimit --pid "$pid"'
"""As the owner of the process: root may not where a machine's containers lack CAP_SYS_RESOURCE."""

KEEP_OPEN_FILES = f"""pid=$(systemctl show --property=MainPID --value "$1")
[ "$pid" -gt 0 ] || {{ echo "$1 does not run there" >&2; exit 69; }}
limit=$({SOFT_LIMIT}) || exit
echo "$pid" $limit
"""
FEW_FILES = f"""set -e
read -r pid limit
open=$(ls "/proc/$pid/fd" | wc -l)
{LIMIT_FILES} --nofile="$open:"
"""
SEE_FEW_FILES = f"""read -r pid limit
now=$(systemctl show --property=MainPID --value "$1")
[ "$pid" = "$now" ] && [ "$({SOFT_LIMIT})" -lt "$limit" ] || exit 1
"""
MANY_FILES = f"""read -r pid limit
now=$(systemctl show --property=MainPID --value "$1")
[ "$pid" != "$now" ] || {LIMIT_FILES} --nofile="$limit:"
"""

FIND_OPENSTACK = """systemctl list-units --type=service --state=active --plain --no-legend --no-pager -- "$@" |
cut -d ' ' -f 1 | grep . || { echo "no service of OpenStack runs there" >&2; exit 69; }
ls /usr/lib/*/faketime/libfaketimeMT.so.1 > /dev/null 2>&1 || {
  echo "this cloud's hosts have no libfaketime, as it was built before they got it; build a new one" >&2; exit 69; }
"""
WHOLE_SLEEP = """
import importlib.machinery
from select import select  # the function itself, which eventlet does not replace

def sleep(seconds):
    select([], [], [], seconds)

class Importer(importlib.machinery.BuiltinImporter):
    @staticmethod
    def exec_module(module, execute=importlib.machinery.BuiltinImporter.exec_module):
        execute(module)
        if module.__spec__.name == "time":
            module.sleep = sleep

import sys, time
time.sleep = sleep
sys.meta_path.insert(0, Importer)
"""
"""libfaketime 0.9.10 ends time.sleep of Python 3.11 with EINVAL (seen 2026-11-26): it takes the monotonic time at which
that ends for one of its own. So the services sleep by select. eventlet imports `time` once more, hence the importer."""

SHIFT_CLOCK = """set -e
library=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1)
units=$(cat)
mkdir -p /run/ostler-clock
printf '%s' "$2" > /run/ostler-clock/sitecustomize.py
for unit in $units; do
  mkdir -p "/run/systemd/system/$unit.d"
  {
    echo '[Service]'
    echo "Environment=LD_PRELOAD=$library FAKETIME=$1 NO_FAKE_STAT=1 PYTHONPATH=/run/ostler-clock"
    echo 'Environment=FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1'
  } > "/run/systemd/system/$unit.d/ostler-clock.conf"
done
systemctl daemon-reload
systemctl restart $units
"""
SEE_CLOCK = """off= right=
for unit in $(cat); do
  pid=$(systemctl show --property=MainPID --value "$unit")
  if tr '\\0' '\\n' < "/proc/$pid/environ" | grep -qx "FAKETIME=$1" && grep -q libfaketime "/proc/$pid/maps"
  then off=yes; else right=yes; fi
done
[ -n "$off" ] || exit 1
[ -z "$right" ] || exit 2
"""
"""Neither there nor gone while some services have the wrong time and others have not."""
RIGHT_CLOCK = """set -e
units=$(cat)
for unit in $units; do
  rm -f -- "/run/systemd/system/$unit.d/ostler-clock.conf"
  rmdir "/run/systemd/system/$unit.d" 2>/dev/null || true
done
rm -rf /run/ostler-clock
systemctl daemon-reload
systemctl restart $units
"""

OPENSTACK = ("keystone*", "glance*", "placement*", "nova*", "neutron*", "cinder*")
RESTARTED = tuple(
    f"{name}.service"
    for name in (
        "keystone", "glance-api", "placement-api", "nova-api", "nova-conductor", "nova-scheduler", "cinder-scheduler",
        "cinder-volume", "neutron-rpc-server", "neutron-server",
    )
)  # fmt: skip
"""The services other faults stop or freeze: a clock that is set starts them again."""

STATE, LOGS, STORE = "/var/lib/nova", "/var/log/nova", f"{IMAGES}/images"
KEPT_BY_NOVA = ("guests.json", "compute_id")
CONDUCTOR = "nova-conductor.service"


def _full(name: str, folder: str, what: str, units: tuple[str, ...], does: str, users_see: str) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role="compute",
        default=Default.FIRST,
        touches=(
            f"file {folder}",
            *(f"file {folder}/{name}" for name in KEPT_BY_NOVA),
            *(f"unit {unit}" for unit in units),
        ),
        make=Script(FILL_COPY, (folder, what, *units)),
        see=Script(SEE_FULL, (folder,)),
        mend=Script(EMPTY, (folder, *units)),
    )


def _clock(name: str, offset: str, does: str, users_see: str) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role="controller",
        default=Default.LAST,
        touches=("clock", *(f"unit {unit}" for unit in RESTARTED)),
        remember=Script(FIND_OPENSTACK, OPENSTACK),
        make=Script(SHIFT_CLOCK, (offset, WHOLE_SLEEP)),
        see=Script(SEE_CLOCK, (offset,)),
        mend=Script(RIGHT_CLOCK),
        gone_within_s=180,
    )


FAULTS = (
    _full(
        "state-disk-full", STATE, "bytes", (),
        "lets the disk of /var/lib/nova be full on a compute",
        "new servers on that compute fail, and what changes there is not remembered",
    ),
    _full(
        "state-inodes-used-up", STATE, "files", (),
        "leaves no room for another file in /var/lib/nova on a compute, though there are bytes",
        "new servers on that compute fail, and what changes there is not remembered",
    ),
    _full(
        "log-disk-full", LOGS, "bytes", ("nova-compute.service",),
        "lets the disk of /var/log/nova be full on a compute and restarts nova-compute",
        "nothing: nova-compute works, and no longer says what it does",
    ),
    Fault(
        name="image-disk-full",
        does="lets the disk of the images be full at a controller",
        users_see="uploads fail there with 413 or 500; what is there can be downloaded",
        role="controller",
        default=Default.EVERY,
        touches=(f"file {STORE}",),
        make=Script(FILL_OVER, (STORE,)),
        see=Script(SEE_FULL, (STORE,)),
        mend=Script(EMPTY, (STORE,)),
    ),
    Fault(
        name="nova-conductor-out-of-memory",
        does="lets nova-conductor have 90 MiB of address space and restarts it; it ends each time it starts",
        users_see="requests that ask this conductor wait for another one; with all of them, computes go down",
        role="controller",
        default=Default.FIRST,
        touches=(f"unit {CONDUCTOR}",),
        make=Script(DROP_IN, ("ostler-memory", CONDUCTOR, "LimitAS=90M")),
        see=Script(SEE_LIMITED, ("ostler-memory", CONDUCTOR)),
        mend=Script(TAKE_OUT, ("ostler-memory", CONDUCTOR)),
    ),
    Fault(
        name="cinder-volume-out-of-files",
        does="lets cinder-volume have no more open files than it has",
        users_see="volumes of that backend get errors or go down, as no new connection can be made",
        role="controller",
        default=Default.FIRST,
        touches=("unit cinder-volume.service",),
        remember=Script(KEEP_OPEN_FILES, ("cinder-volume.service",)),
        make=Script(FEW_FILES),
        see=Script(SEE_FEW_FILES, ("cinder-volume.service",)),
        mend=Script(MANY_FILES, ("cinder-volume.service",)),
    ),
    _clock(
        "clock-behind", "-600s",
        "sets the clock of a controller's services back by ten minutes",
        "services that report through that controller go down and up again; new tokens of it end early",
    ),
    _clock(
        "clock-ahead", "+600s",
        "sets the clock of a controller's services forward by ten minutes",
        "tokens from that controller are from the future; services stay up too long after they have ended",
    ),
)  # fmt: skip
