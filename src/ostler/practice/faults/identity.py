"""Keystone: keys that differ, are gone or were all changed, a wrong entry in the catalog, a user that is shut out."""

from __future__ import annotations

from ostler.practice.faults.database import ASK, QUERY, SEE_COUNT
from ostler.practice.faults.fault import SEEING, At, Default, Fault, Script
from ostler.practice.openstack.identity_image_settings import FERNET_KEYS

KEEP_FOLDER = """file=$(mktemp) || exit; trap 'rm -f -- "$file"' EXIT
tar --create --file="$file" --directory="$1" . && base64 -w0 -- "$file"
"""
"""Not in a pipe, whose end would call half of the folder all of it."""

NEW_PRIMARY = """set -e; umask 077
cd -- "$1"
primary=$(ls | sort -n | tail -n 1)
head -c 32 /dev/urandom | base64 -w0 | tr '+/' '-_' > "$primary.ostler-new"
chown --reference="$primary" "$primary.ostler-new"; chmod --reference="$primary" "$primary.ostler-new"
mv -f "$primary.ostler-new" "$primary"
"""
NO_KEYS = 'rm -f -- "$1"/*'
RESTORE_FOLDER = """set -e
base64 -d | tar --extract --same-owner --preserve-permissions --directory="$1"
rm -f -- "$1"/*.ostler-new
"""
SEE_FOLDER_CHANGED = (
    SEEING
    + """import base64, io, pathlib, tarfile
kept = tarfile.open(fileobj=io.BytesIO(base64.b64decode(sys.stdin.read())))
wanted = {pathlib.Path(m.name).name: kept.extractfile(m).read() for m in kept if m.isfile()}
there = {path.name: path.read_bytes() for path in pathlib.Path(sys.argv[2]).iterdir()}
sys.exit(1 if wanted == there else 0)
"""
)

FORGET_CACHED = """
for address; do
  printf 'flush_all\\r\\nquit\\r\\n' | socat -t 2 - "TCP:$address:11211,connect-timeout=2" > /dev/null
done
true
"""
"""Keystone would go on answering from what it remembers. A memcached that is away remembers nothing."""

EXECUTE_AND_FORGET = f"statement=$1; shift; printf '%s\\n' \"$statement\" | {ASK} || exit {FORGET_CACHED}"
RESTORE_AND_FORGET = f"{ASK} || exit {FORGET_CACHED}"

WRONG_PORT = ":9697"
"""Nobody listens there."""


def _keys(name: str, make: str, does: str, users_see: str, default: Default, least: int = 1) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role="controller",
        default=default,
        touches=(f"file {FERNET_KEYS}",),
        remember=Script(KEEP_FOLDER, (FERNET_KEYS,)),
        make=Script(make, (FERNET_KEYS,)),
        see=Script(SEE_FOLDER_CHANGED, (FERNET_KEYS,), program="python3"),
        mend=Script(RESTORE_FOLDER, (FERNET_KEYS,)),
        least_controllers=least,
    )


def _rows(name: str, keep: str, change: str, see: str, does: str, users_see: str) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role="controller",
        default=Default.CLOUD,
        touches=(f"rows of {name}",),
        remember=Script(QUERY, (keep,), At.DATABASE),
        make=Script(EXECUTE_AND_FORGET, (change, "{controllers}"), At.DATABASE),
        see=Script(SEE_COUNT, (see,), At.DATABASE),
        mend=Script(RESTORE_AND_FORGET, ("{controllers}",), At.DATABASE),
    )


NETWORK_ENDPOINTS = "service_id IN (SELECT id FROM keystone.service WHERE type = 'network')"
NEUTRON_USER = "id IN (SELECT user_id FROM keystone.local_user WHERE name = 'neutron')"
NEUTRON_ROLES = """type = 'UserProject' AND actor_id IN (SELECT user_id FROM keystone.local_user WHERE name = 'neutron')
 AND role_id IN (SELECT id FROM keystone.role WHERE name = 'service')"""

FAULTS = (
    _keys(
        "fernet-keys-unequal", NEW_PRIMARY,
        "gives one keystone a primary Fernet key of its own",
        "401 now and then: a token from one controller is refused by another",
        Default.FIRST, 2,
    ),
    _keys(
        "fernet-keys-gone", NO_KEYS,
        "removes the Fernet keys of every keystone",
        "500 at login, and 401 or 500 with tokens that were valid",
        Default.EVERY,
    ),
    _rows(
        "endpoint-wrong",
        f"SELECT CONCAT('UPDATE keystone.endpoint SET url = ', QUOTE(url), ' WHERE id = ', QUOTE(id), ';')"
        f" FROM keystone.endpoint WHERE {NETWORK_ENDPOINTS}",
        f"UPDATE keystone.endpoint SET url = REPLACE(url, ':9696', '{WRONG_PORT}') WHERE {NETWORK_ENDPOINTS};",
        f"SELECT COUNT(*) FROM keystone.endpoint WHERE {NETWORK_ENDPOINTS} AND url LIKE '%{WRONG_PORT}%'",
        "puts a wrong port into the catalog's entries for the network service",
        "clients cannot reach the network API; new servers fail",
    ),
    _rows(
        "service-user-disabled",
        f"SELECT CONCAT('UPDATE keystone.user SET enabled = ', IFNULL(enabled, 'NULL'), ' WHERE id = ', QUOTE(id), ';')"
        f" FROM keystone.user WHERE {NEUTRON_USER}",
        f"UPDATE keystone.user SET enabled = 0 WHERE {NEUTRON_USER};",
        f"SELECT COUNT(*) FROM keystone.user WHERE {NEUTRON_USER} AND enabled = 0",
        "disables neutron's service user",
        "neutron cannot check tokens: 401 or 503 from every request about networks; new servers fail",
    ),
    _rows(
        "service-role-missing",
        "SELECT CONCAT('INSERT IGNORE INTO keystone.assignment (type, actor_id, target_id, role_id, inherited) ',"
        " 'VALUES (', QUOTE(type), ', ', QUOTE(actor_id), ', ', QUOTE(target_id), ', ', QUOTE(role_id), ', ',"
        f" inherited, ');') FROM keystone.assignment WHERE {NEUTRON_ROLES}",
        f"DELETE FROM keystone.assignment WHERE {NEUTRON_ROLES};",
        f"SELECT COUNT(*) = 0 FROM keystone.assignment WHERE {NEUTRON_ROLES}",
        "takes the role service from neutron's service user",
        "what neutron asks of others in a user's name is refused once its tokens are renewed",
    ),
)  # fmt: skip
