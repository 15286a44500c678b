"""What stands before the APIs: the virtual address and HAProxy."""

from __future__ import annotations

from ostler.practice.faults.configuration import KEEP_FILE, RESTORE_FILE
from ostler.practice.faults.fault import Default, Fault, Script
from ostler.practice.faults.services import STOPPED, halted
from ostler.practice.haproxy import CERTIFICATE_PATH, CONFIG_PATH, EXPIRED_PATH, SOCKET

HOLDS = 'ip -brief -4 address show dev host0 | grep -qF " $1/"'
KEEP_NOT_HOLDING = (
    f"if {HOLDS}; then echo 'it has the virtual address rightly; choose another controller' >&2; exit 69; fi"
)
TAKE_TOO = 'ip address replace "$1/$2" dev host0'
SEE_HELD = f"{HOLDS} || exit 1"
LET_GO = f"""if {HOLDS}; then ip address delete "$1/$2" dev host0; fi
systemctl restart keepalived.service
"""
"""keepalived starts anew: were it the rightful one by now, it takes the address again or another one does."""

SEE_NOWHERE = f"""if {HOLDS}; then exit 1; fi
! systemctl is-active --quiet keepalived.service || exit 1
"""

WRONG_BACKEND = """set -e
sed -i "/^backend $1\\$/,/^\\$/ s/:$2 /:1$2 /" "$3"
systemctl reload haproxy.service
"""
SEE_BACKEND_DOWN = """echo 'show stat' | socat - "UNIX-CONNECT:$1" |
awk -F, -v backend="$2" -v server="$3" '
  $1 == backend && $2 != "FRONTEND" && $2 != "BACKEND" && (server == "" || $2 == server) {
    known = 1; if ($18 ~ /^UP/) up = 1
  }
  END { exit !known ? 2 : up ? 1 : 0 }'
"""
"""No server of a backend is up, or (with a third parameter) one of them is not."""
RESTORE_CONFIG = f"{RESTORE_FILE}systemctl reload-or-restart haproxy.service\n"

KEEP_SERVING = """echo 'show stat' | socat - "UNIX-CONNECT:$1" |
awk -F, -v backend="$2" '
  $1 == backend && $2 != "FRONTEND" && $2 != "BACKEND" && $18 !~ /^MAINT/ { print $2; found = 1 }
  END { if (!found) { print "no server of it serves" > "/dev/stderr"; exit 69 } }'
"""
PUT_IN_STATE = """while read -r server; do
  echo "set server $2/$server state $3" | socat - "UNIX-CONNECT:$1" || exit
done
"""

KEEP_CERTIFICATE = """if [ ! -e "$2" ]; then echo 'the cloud speaks no TLS' >&2; exit 69; fi
base64 -w0 -- "$1"
"""
SHOW_EXPIRED = """set -e
cat -- "$2" > "$1"
systemctl reload haproxy.service
"""
SEE_EXPIRED = """ends=$(echo "show ssl cert $2" | socat - "UNIX-CONNECT:$1" | sed -n 's/^notAfter: //p')
[ -n "$ends" ] || exit 2
[ "$(date -d "$ends" +%s)" -le "$(date +%s)" ] || exit 1
"""
"""The certificate that HAProxy has loaded, whichever lies on the disk."""

WIDTH = "24"

FAULTS = (
    halted(
        "vip-nowhere", STOPPED, ("keepalived.service",),
        "stops keepalived, so that no controller has the virtual address",
        "nothing answers: no API, and no database for the services",
        "controller", Default.EVERY, see=Script(SEE_NOWHERE, ("{vip}",)),
    ),
    Fault(
        name="vip-twice",
        does="gives the virtual address to a second controller, beside the rightful one",
        users_see="connections break or end up at either controller, as hosts learn the one address or the other",
        role="controller",
        default=Default.NOT_VIP_HOLDER,
        touches=("unit keepalived.service",),
        remember=Script(KEEP_NOT_HOLDING, ("{vip}",)),
        make=Script(TAKE_TOO, ("{vip}", WIDTH)),
        see=Script(SEE_HELD, ("{vip}",)),
        mend=Script(LET_GO, ("{vip}", WIDTH)),
        least_controllers=2,
    ),
    halted(
        "haproxy-stopped", STOPPED, ("haproxy.service",),
        "stops HAProxy where the virtual address is; keepalived moves the address",
        "a pause of some seconds; then nothing",
        "controller", Default.VIP_HOLDER, least_controllers=2,
    ),
    Fault(
        name="haproxy-backend-wrong",
        does="gives nova-api's servers a wrong port in haproxy.cfg and reloads HAProxy",
        users_see="503 from every request about servers, though every nova-api runs",
        role="controller",
        default=Default.EVERY,
        touches=(f"file {CONFIG_PATH}", "unit haproxy.service"),
        remember=Script(KEEP_FILE, (CONFIG_PATH,)),
        make=Script(WRONG_BACKEND, ("nova-api", "8774", CONFIG_PATH)),
        see=Script(SEE_BACKEND_DOWN, (SOCKET, "nova-api")),
        mend=Script(RESTORE_CONFIG, (CONFIG_PATH,)),
    ),
    Fault(
        name="haproxy-left-in-maintenance",
        does="leaves every server of cinder-api in maintenance at HAProxy",
        users_see="503 from every request about volumes, though every cinder-api runs",
        role="controller",
        default=Default.EVERY,
        touches=("haproxy cinder-api", "unit haproxy.service"),
        remember=Script(KEEP_SERVING, (SOCKET, "cinder-api")),
        make=Script(PUT_IN_STATE, (SOCKET, "cinder-api", "maint")),
        see=Script(SEE_BACKEND_DOWN, (SOCKET, "cinder-api")),
        mend=Script(PUT_IN_STATE, (SOCKET, "cinder-api", "ready")),
    ),
    Fault(
        name="certificate-expired",
        does="puts an expired certificate in the place of that of the public addresses, and reloads HAProxy",
        users_see="every client refuses to talk to any API: certificate has expired",
        role="controller",
        default=Default.EVERY,
        touches=(f"file {CERTIFICATE_PATH}", "unit haproxy.service"),
        needs="a cloud with TLS: ostler practice up --tls",
        remember=Script(KEEP_CERTIFICATE, (CERTIFICATE_PATH, EXPIRED_PATH)),
        make=Script(SHOW_EXPIRED, (CERTIFICATE_PATH, EXPIRED_PATH)),
        see=Script(SEE_EXPIRED, (SOCKET, CERTIFICATE_PATH)),
        mend=Script(RESTORE_CONFIG, (CERTIFICATE_PATH,)),
    ),
    halted(
        "galera-check-stopped", STOPPED, ("galera-check.service",),
        "stops the service that tells HAProxy whether the database can be used, on every controller",
        "500 from everything: HAProxy takes every database node for down, though all are well",
        "controller", Default.EVERY, see=Script(SEE_BACKEND_DOWN, (SOCKET, "galera", "{host}")),
    ),
)  # fmt: skip
