"""MariaDB and Galera: nodes that are gone, cut off, behind, full, locked or closed to a user."""

from __future__ import annotations

from ostler.practice.faults.fault import SEEING, At, Default, Fault, Script
from ostler.practice.faults.network import CUT_OFF, filtered
from ostler.practice.faults.services import HUNG, STOPPED, halted

ASK = "mariadb --batch --raw --skip-column-names"

QUERY = f'{ASK} -e "$1"'
"""One statement, whose output is what is remembered."""

EXECUTE = f"printf '%s\\n' \"$1\" | {ASK}"
RESTORE = f"{ASK}"
"""What was remembered is the statement that brings it back."""

SEE_COUNT = f"""count=$({ASK} -e "$1") || exit 2
[ "$count" -gt 0 ] || exit 1
"""
"""One statement, whose only number is above 0 while the fault is there."""

SEE_APART = f"""shown=$({ASK} -e "SHOW STATUS LIKE 'wsrep_cluster_size'") || exit 2
[ "${{shown#*	}}" -lt "$1" ] || exit 1
"""
SEE_STATE = f"""shown=$({ASK} -e "SHOW STATUS LIKE '$1'") || exit 2
[ "${{shown#*	}}" != "$2" ] || exit 1
"""

HOLD_LOCK = f"""systemctl reset-failed "$1" 2>/dev/null || true
systemd-run --quiet --unit="$1" {ASK} -e "LOCK TABLES $2 WRITE; SELECT SLEEP(864000)"
"""
SEE_LOCKED = """said=$(mariadb -e "SET SESSION lock_wait_timeout = 2; SELECT 1 FROM $1 LIMIT 1" 2>&1) && exit 1
case $said in *1205*) ;; *) exit 2 ;; esac
"""
END_UNIT = 'systemctl stop "$1" 2>/dev/null || true'

USE_UP = """
import configparser, sys, time
from urllib.parse import urlsplit
import pymysql
config = configparser.RawConfigParser(strict=False)
config.read("/etc/nova/nova.conf")
user = urlsplit(config["database"]["connection"])
kept = []
while True:
    try:
        kept.append(pymysql.connect(host=sys.argv[2], user=user.username, password=user.password))
    except pymysql.err.OperationalError:
        time.sleep(0.1)
"""
KEEP_LIMIT = f"{ASK} -e \"SELECT CONCAT('SET GLOBAL max_connections = ', @@global.max_connections, ';')\""
TAKE_CONNECTIONS = f"""set -e
{ASK} -e "SET @now = (SELECT VARIABLE_VALUE FROM information_schema.GLOBAL_STATUS
  WHERE VARIABLE_NAME = 'THREADS_CONNECTED');
SET GLOBAL max_connections = CAST(@now AS SIGNED) + 5;"
systemctl reset-failed ostler-connections 2>/dev/null || true
systemd-run --quiet --unit=ostler-connections python3 -c "$1" ostler-fault "$2"
"""
SEE_USED_UP = (
    SEEING
    + """import configparser, sys
from urllib.parse import urlsplit
import pymysql
config = configparser.RawConfigParser(strict=False)
config.read("/etc/nova/nova.conf")
user = urlsplit(config["database"]["connection"])
try:
    pymysql.connect(host=sys.argv[2], user=user.username, password=user.password).close()
except pymysql.err.OperationalError as error:
    sys.exit(0 if error.args[0] == 1040 else 2)
sys.exit(1)
"""
)
GIVE_CONNECTIONS = f"""systemctl stop ostler-connections 2>/dev/null || true
tries=0
statement=$(cat)
until printf '%s\\n' "$statement" | {ASK}; do
  tries=$((tries+1)); [ "$tries" -lt 30 ] || exit 1; sleep 1
done
"""
"""root has one connection more than others, but may have to wait until the ones above the limit are closed."""

KEEP_PASSWORD = f"""made=$({ASK} -e "SHOW CREATE USER '$1'@'%'") || exit
printf 'ALTER USER %s;\\n' "${{made#CREATE USER }}"
"""
CHANGE_PASSWORD = f"""set -e
word=$(head -c 18 /dev/urandom | base64)
printf "ALTER USER '%s'@'%%' IDENTIFIED BY '%s';" "$1" "$word" | {ASK}
{ASK} -e "KILL USER $1"
"""
SEE_PASSWORD = (
    SEEING
    + """import configparser, sys
from urllib.parse import urlsplit
import pymysql
_, mark, path, section = sys.argv
config = configparser.RawConfigParser(strict=False)
config.read(path)
user = urlsplit(config[section]["connection"])
try:
    pymysql.connect(host=user.hostname, user=user.username, password=user.password).close()
except pymysql.err.OperationalError as error:
    sys.exit(0 if error.args[0] == 1045 else 2)
sys.exit(1)
"""
)


def _switched(name: str, variable: str, wrong: str, see: Script, does: str, users_see: str, default: Default) -> Fault:
    return Fault(
        name=name,
        does=does,
        users_see=users_see,
        role="controller",
        default=default,
        touches=(f"database variable {variable}",),
        remember=Script(QUERY, (f"SELECT CONCAT('SET GLOBAL {variable} = ', @@global.{variable}, ';')",)),
        make=Script(EXECUTE, (f"SET GLOBAL {variable} = {wrong};",)),
        see=see,
        mend=Script(RESTORE),
    )


def _password_changed(project: str, path: str, requests: str, users_see: str) -> Fault:
    """Nobody knows the password that the database wants of a project; `path` is the file with the one it had."""
    return Fault(
        name=f"{project}-database-password-changed",
        does=f"changes the password of {project}'s database user and closes its connections",
        users_see=f"500 from every request about {requests}; {users_see}",
        role="controller",
        default=Default.CLOUD,
        touches=(f"database user {project}",),
        remember=Script(KEEP_PASSWORD, (project,), At.DATABASE),
        make=Script(CHANGE_PASSWORD, (project,), At.CONTROLLER),
        see=Script(SEE_PASSWORD, (path, "database"), At.CONTROLLER, "python3"),
        mend=Script(RESTORE, at=At.DATABASE),
    )


FAULTS = (
    halted(
        "galera-node-stopped", STOPPED, ("mariadb.service",),
        "stops MariaDB on one controller",
        "a pause of some seconds if it was the node in use; then nothing",
        "controller", Default.FIRST, least_controllers=3, gone_within_s=180,
    ),
    halted(
        "galera-node-hung", HUNG, ("mariadb.service",),
        "freezes MariaDB on one controller (SIGSTOP); the others drop it from the cluster after some seconds",
        "requests wait for some seconds; those that had begun fail",
        "controller", Default.FIRST, see=Script(SEE_APART, ("{controller_count}",), At.PEER),
        least_controllers=3, gone_within_s=180,
    ),
    filtered(
        "galera-split", "ostler_galera_split", CUT_OFF, "4444, 4567, 4568", "{peers}",
        Script(SEE_STATE, ("wsrep_cluster_status", "Primary")),
        "cuts one Galera node off from the others; being in the minority, it refuses queries",
        "a pause of some seconds if it was the node in use; then nothing",
        "controller", Default.LAST, units=("mariadb.service",), least_controllers=3, gone_within_s=180,
    ),
    _switched(
        "galera-node-desynced", "wsrep_desync", "ON", Script(SEE_STATE, ("wsrep_local_state_comment", "Synced")),
        "takes one Galera node out of flow control: it may fall behind the others without bound",
        "nothing, until it is asked for data it does not have yet",
        Default.LAST,
    ),
    _switched(
        "database-read-only", "read_only", "ON", Script(SEE_COUNT, ("SELECT @@global.read_only",)),
        "makes a database node read-only; the default is the one the load balancer uses",
        "lists work; whatever changes something fails with 500",
        Default.FIRST,
    ),
    Fault(
        name="database-connections-used-up",
        does="lets a database node have only a few connections more than it has, and takes those",
        users_see="500 now and then, the more the longer it lasts",
        role="controller",
        default=Default.FIRST,
        touches=("database variable max_connections",),
        remember=Script(KEEP_LIMIT),
        make=Script(TAKE_CONNECTIONS, (USE_UP, "{address}")),
        see=Script(SEE_USED_UP, ("{address}",), program="python3"),
        mend=Script(GIVE_CONNECTIONS),
    ),
    Fault(
        name="database-table-locked",
        does="locks nova's table of servers on a database node; the default is the one the load balancer uses",
        users_see="every request about servers hangs",
        role="controller",
        default=Default.FIRST,
        touches=("table nova.instances",),
        make=Script(HOLD_LOCK, ("ostler-lock.service", "nova.instances")),
        see=Script(SEE_LOCKED, ("nova.instances",)),
        mend=Script(END_UNIT, ("ostler-lock.service",)),
    ),
    _password_changed("nova", "/etc/nova/nova.conf", "servers", "computes go down"),
    _password_changed("glance", "/etc/glance/glance-api.conf", "images", "new servers fail"),
)  # fmt: skip
