"""Values in configuration files that are wrong, taken up by a restart; files that cannot be read."""

from __future__ import annotations

from ostler.practice.faults.fault import SEEING, Default, Fault, Script
from ostler.practice.layout import Role

KEEP_FILE = 'base64 -w0 -- "$1"'

PUT_OPTION = """
import subprocess, sys
_, mark, path, section, option, value, *units = sys.argv
coding = {"encoding": "utf-8", "errors": "surrogateescape"}
lines, here, done = open(path, **coding).read().split("\\n"), False, []
for line in lines:
    if line.startswith("["):
        here = line.strip() == f"[{section}]"
        done.append(line)
        if here:
            done.append(f"{option} = {value}")
    elif not (here and line.split("=")[0].strip() == option):
        done.append(line)
if f"[{section}]" not in (line.strip() for line in lines):
    done += [f"[{section}]", f"{option} = {value}", ""]
with open(path, "w", **coding) as file:
    file.write("\\n".join(done))
for unit in units:
    subprocess.run(["systemctl", "reset-failed", unit], capture_output=True)
    subprocess.run(["systemctl", "restart", "--no-block", unit], check=True)
"""

SEE_OPTION = (
    SEEING
    + """import subprocess, sys
_, mark, path, section, option, value, *units = sys.argv
here, found = False, None
for line in open(path, encoding="utf-8", errors="surrogateescape").read().split("\\n"):
    if line.startswith("["):
        here = line.strip() == f"[{section}]"
    elif here and line.split("=")[0].strip() == option:
        found = line.partition("=")[2].strip()
if found != value:
    sys.exit(1)
for unit in units:
    argv = ["systemctl", "show", "--property=ActiveState,NRestarts", unit]
    said = subprocess.run(argv, capture_output=True, text=True, check=True).stdout.split()
    if "NRestarts=0" in said and "ActiveState=failed" not in said:
        sys.exit(1)
"""
)
"""With units: the fault is there once they have failed, too."""

RESTORE_FILE = """set -e; umask 077
path=$1; shift
base64 -d > "$path.ostler-kept"
cat -- "$path.ostler-kept" > "$path"
rm -f -- "$path.ostler-kept"
for unit; do systemctl reset-failed "$unit" 2>/dev/null || true; systemctl restart "$unit"; done
"""

RESTORE_BACKENDS = f"""name=$1; shift
{RESTORE_FILE}
manage=/opt/openstack/current/cinder-volume/bin/cinder-manage
runuser -u cinder -- "$manage" --config-file "$path" service remove cinder-volume "$name" > /dev/null || [ $? = 2 ]
"""
"""cinder keeps a record of every backend that ever reported; it says 2 when there is none."""

KEEP_MODES = "for path; do stat -c '%a %u:%g %n' -- \"$path\" || exit 69; done"
SHUT = """set -e
while read -r mode owner path; do chown root:root -- "$path"; chmod "$1" -- "$path"; done
shift
for unit; do systemctl restart --no-block "$unit"; done
"""
SEE_SHUT = """while read -r mode owner path; do
  [ "$(stat -c '%a %u:%g' -- "$path")" != "$mode $owner" ] || exit 1
done
"""
OPEN_AGAIN = """set -e
while read -r mode owner path; do chown "$owner" -- "$path"; chmod "$mode" -- "$path"; done
for unit; do systemctl reset-failed "$unit" 2>/dev/null || true; systemctl restart "$unit"; done
"""


def _bad_value(
    name: str, setting: tuple[str, str, str, str], unit: str, does: str, users_see: str, role: Role,
    default: Default = Default.FIRST, *, is_fatal: bool = True, mend: Script | None = None,
) -> Fault:  # fmt: skip
    """`setting` is file, section, option, value. One that is fatal makes the unit end, again and again. Without `mend`
    the file from before is put back."""
    path = setting[0]
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=(f"file {path}", f"unit {unit}"),
        remember=Script(KEEP_FILE, (path,)),
        make=Script(PUT_OPTION, (*setting, unit), program="python3"),
        see=Script(SEE_OPTION, (*setting, unit) if is_fatal else setting, program="python3"),
        mend=mend or Script(RESTORE_FILE, (path, unit)),
    )


def _shut(
    name: str, paths: tuple[str, ...], mode: str, units: tuple[str, ...], does: str, users_see: str, role: Role,
    default: Default = Default.FIRST,
) -> Fault:  # fmt: skip
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role=role,
        default=default,
        touches=(*(f"file {path}" for path in paths), *(f"unit {unit}" for unit in units)),
        remember=Script(KEEP_MODES, paths),
        make=Script(SHUT, (mode, *units)),
        see=Script(SEE_SHUT),
        mend=Script(OPEN_AGAIN, units),
    )


NOVA, CINDER, GLANCE = "/etc/nova/nova.conf", "/etc/cinder/cinder.conf", "/etc/glance/glance-api.conf"

FAULTS = (
    _bad_value(
        "nova-compute-bad-value", (NOVA, "DEFAULT", "report_interval", "ten"), "nova-compute.service",
        "writes a value of the wrong type into nova.conf and restarts nova-compute, which ends each time it starts",
        "the compute is down after a minute",
        "compute",
    ),
    _bad_value(
        "nova-compute-bad-driver", (NOVA, "DEFAULT", "compute_driver", "ostler_practice.AbsentDriver"),
        "nova-compute.service",
        "names a hypervisor driver that does not exist and restarts nova-compute",
        "the compute is down after a minute",
        "compute",
    ),
    _bad_value(
        "nova-compute-wrong-broker", (NOVA, "DEFAULT", "transport_url", "rabbit://openstack:wrong@{vip}:5673/"),
        "nova-compute.service",
        "gives nova-compute a message queue address nobody listens at; it runs and tries again for ever",
        "the compute is down after a minute, though its unit is active",
        "compute", is_fatal=False,
    ),
    _bad_value(
        "nova-compute-wrong-password", (NOVA, "neutron", "password", "wrong"), "nova-compute.service",
        "gives nova-compute a wrong password for neutron and restarts it",
        "new servers on that compute fail, and are tried on the next one",
        "compute", is_fatal=False,
    ),
    _bad_value(
        "nova-rpc-pin-wrong", (NOVA, "upgrade_levels", "compute", "4.0"), "nova-conductor.service",
        "pins the RPC of computes to a version no compute speaks any more and restarts nova-conductor",
        "new servers fail, though every service is up",
        "controller", Default.EVERY, is_fatal=False,
    ),
    _bad_value(
        "nova-scheduler-no-filter", (NOVA, "filter_scheduler", "enabled_filters", "AbsentFilter"),
        "nova-scheduler.service",
        "names a scheduler filter that does not exist and restarts nova-scheduler",
        "new servers fail",
        "controller", Default.EVERY,
    ),
    _bad_value(
        "cinder-backend-missing", (CINDER, "DEFAULT", "enabled_backends", "absent"), "cinder-volume.service",
        "enables a backend that has no section in cinder.conf and restarts cinder-volume",
        "volumes of the backend that was there cannot be used",
        "controller", is_fatal=False,
        mend=Script(RESTORE_BACKENDS, ("{host}@absent", CINDER, "cinder-volume.service")),
    ),
    _bad_value(
        "glance-store-elsewhere", (GLANCE, "file", "filesystem_store_datadir", "/var/lib/glance/elsewhere"),
        "glance-api.service",
        "points glance-api's store to an empty folder and restarts it",
        "images are listed but cannot be downloaded from that controller",
        "controller", is_fatal=False,
    ),
    _shut(
        "nova-config-unreadable", (NOVA,), "0600", ("nova-compute.service",),
        "takes from nova the right to read its nova.conf and restarts nova-compute",
        "the compute is down after a minute",
        "compute",
    ),
    _shut(
        "nova-state-unwritable", ("/var/lib/nova",), "0555", (),
        "takes from nova the right to write to /var/lib/nova; a restart of nova-compute gives it back",
        "new servers on that compute fail, and what changes there is not remembered",
        "compute",
    ),
    _shut(
        "fernet-keys-unreadable", ("/etc/keystone/fernet-keys",), "0700", (),
        "takes from keystone the right to read its Fernet keys",
        "logins fail at that controller with 500, tokens are refused",
        "controller",
    ),
    _shut(
        "image-folder-shut", ("/srv/shared/glance/images",), "0700", (),
        "takes from glance the right to use the folder all controllers keep images in",
        "images can be neither uploaded nor downloaded; new servers fail",
        "controller",
    ),
)  # fmt: skip
