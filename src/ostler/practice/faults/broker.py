"""RabbitMQ: nodes that are gone or cut off, alarms, a lost password, queues nobody reads."""

from __future__ import annotations

from ostler.practice.faults.fault import SEEING, At, Default, Fault, Script
from ostler.practice.faults.network import CUT_OFF, REJECT_OUTGOING, filtered
from ostler.practice.faults.services import STOPPED, halted

SEE_NODE_MISSING = (
    SEEING
    + """import json, subprocess
argv = ["rabbitmqctl", "--quiet", "cluster_status", "--formatter=json"]
shown = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
sys.exit(1 if "rabbit@" + sys.argv[2] in json.loads(shown)["running_nodes"] else 0)
"""
)

KEEP_LIMITS = """rabbitmqctl --quiet eval '
case vm_memory_monitor:get_vm_memory_high_watermark() of
  {absolute, Limit} when is_list(Limit) -> io:format("memory absolute ~s~n", [Limit]);
  {absolute, Limit} -> io:format("memory absolute ~p~n", [Limit]);
  Fraction -> io:format("memory ~p~n", [Fraction])
end, io:format("disk ~p~n", [rabbit_disk_monitor:get_disk_free_limit()]).' | grep '^\\(memory\\|disk\\) '
"""
SET_MEMORY = 'rabbitmqctl --quiet set_vm_memory_high_watermark absolute "$1"'
SET_DISK = 'rabbitmqctl --quiet set_disk_free_limit "$1"'
SEE_ALARM = """alarms=$(rabbitmqctl --quiet eval 'rabbit_alarm:get_alarms().') || exit 2
case $alarms in *resource_limit,$1,*) ;; *) exit 1 ;; esac
"""
# rabbitmqctl would read the lines that are left.
RESTORE_LIMIT = """while read -r what limit; do
  case $what in
  memory) rabbitmqctl --quiet set_vm_memory_high_watermark $limit < /dev/null || exit ;;
  disk) rabbitmqctl --quiet set_disk_free_limit "$limit" < /dev/null || exit ;;
  esac
done
"""

KEEP_USERS = """rabbitmqctl --quiet export_definitions - --format=json | python3 -c '
import json, sys
text = sys.stdin.read()
kept = json.loads(text[text.index("{"):])
print(json.dumps({"rabbit_version": kept["rabbit_version"], "users": kept["users"]}))'
"""
CHANGE_PASSWORD = """set -e
head -c 18 /dev/urandom | base64 | rabbitmqctl --quiet change_password openstack
rabbitmqctl --quiet close_all_connections 'the password was changed' --vhost=/
"""
SEE_PASSWORD = (
    SEEING
    + r"""import re, subprocess
text = open("/etc/rabbitmq/rabbitmq.conf").read()
password = re.search(r"^default_pass = (.*)$", text, re.MULTILINE)[1]
argv = ["rabbitmqctl", "--quiet", "authenticate_user", "openstack"]
if subprocess.run(argv, input=password.encode() + b"\n", capture_output=True).returncode == 0:
    sys.exit(1)
# A broker that does not run refuses every password.
subprocess.run(["rabbitmqctl", "--quiet", "ping"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
sys.exit(0)
"""
)
RESTORE_USERS = """set -e; umask 077
file=$(mktemp); trap 'rm -f -- "$file"' EXIT
cat > "$file"; chown rabbitmq "$file"
rabbitmqctl --quiet import_definitions "$file"
"""

LEAVE_QUEUE = """
import configparser, sys, time
from urllib.parse import urlsplit
import amqp
config = configparser.RawConfigParser(strict=False)
config.read("/etc/nova/nova.conf")
node = urlsplit(config["DEFAULT"]["transport_url"].split(",")[0])
connection = amqp.Connection(f"{sys.argv[2]}:5672", userid=node.username, password=node.password)
connection.connect()
channel = connection.channel()
channel.queue_declare(sys.argv[3], durable=True, auto_delete=False, arguments={"x-queue-type": "quorum"})
for number in range(2000):
    message = amqp.Message('{"oslo.version": "2.0", "oslo.message": "{}"}', delivery_mode=2)
    channel.basic_publish(message, exchange="", routing_key=sys.argv[3])
connection.close()
"""
"""Runs with the code of nova's own environment, as Debian's Python has no client here."""

ENTER_ENVIRONMENT = 'program=$1; mark=$2; shift 2; exec /opt/openstack/current/nova-conductor/bin/python -c "$program" '
ENTER_ENVIRONMENT += '"$mark" "$@"'

SEE_UNREAD = (
    SEEING
    + """import json, subprocess
argv = ["rabbitmqctl", "--quiet", "list_queues", "name", "consumers", "--formatter=json"]
shown = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, check=True).stdout
sys.exit(0 if sys.argv[2] in {each["name"] for each in json.loads(shown) if not each["consumers"]} else 1)
"""
)
DELETE_QUEUE = """rabbitmqctl --quiet list_queues name --formatter=csv | tr -d '"' | grep -qxF -- "$1" || exit 0
rabbitmqctl --quiet delete_queue "$1"
"""
LEFT_QUEUE = "versioned_notifications.info"


def _alarm(what: str, make: Script, does: str) -> Fault:
    """Every publisher is blocked, because of memory or disk."""
    return Fault(
        name=f"rabbitmq-{what}-alarm",
        does=f"{does}; every publisher is blocked",
        users_see="requests that need another service hang and time out after a minute; services go down",
        role="controller",
        default=Default.FIRST,
        touches=("rabbitmq limits",),
        remember=Script(KEEP_LIMITS),
        make=make,
        see=Script(SEE_ALARM, (what,)),
        mend=Script(RESTORE_LIMIT),
    )


FAULTS = (
    halted(
        "rabbitmq-node-stopped", STOPPED, ("rabbitmq-server.service",),
        "stops one RabbitMQ node",
        "a pause of some seconds for requests under way; then nothing",
        "controller", Default.LAST, see=Script(SEE_NODE_MISSING, ("{host}",), At.PEER, "python3"),
        least_controllers=2,
    ),
    filtered(
        "rabbitmq-partitioned", "ostler_rabbitmq_partitioned", CUT_OFF, "4369, 25672", "{peers}",
        Script(SEE_NODE_MISSING, ("{host}",), At.PEER, "python3"),
        "cuts one RabbitMQ node off from the others; being in the minority, it pauses itself",
        "a pause of up to half a minute for requests under way; then nothing",
        "controller", Default.LAST, units=("rabbitmq-server.service",),
        least_controllers=3, seen_within_s=90, gone_within_s=180,
    ),
    _alarm(
        "memory", Script(SET_MEMORY, ("1MB",)),
        "lowers the memory one RabbitMQ node may use to less than it uses",
    ),
    _alarm(
        "disk", Script(SET_DISK, ("1000000GB",)),
        "raises the free disk space one RabbitMQ node wants beyond what there is",
    ),
    Fault(
        name="rabbitmq-password-changed",
        does="changes the password of the services' RabbitMQ user and closes every connection",
        users_see="requests that need another service hang and time out; within a minute every service is down",
        role="controller",
        default=Default.CLOUD,
        touches=("rabbitmq user",),
        remember=Script(KEEP_USERS, at=At.CONTROLLER),
        make=Script(CHANGE_PASSWORD, at=At.CONTROLLER),
        see=Script(SEE_PASSWORD, at=At.CONTROLLER, program="python3"),
        mend=Script(RESTORE_USERS, at=At.CONTROLLER),
    ),
    Fault(
        name="rabbitmq-queue-unread",
        does="leaves a queue with 2000 messages that no program reads",
        users_see="nothing, until RabbitMQ's memory or disk is used up",
        role="controller",
        default=Default.CLOUD,
        touches=(f"queue {LEFT_QUEUE}",),
        make=Script(ENTER_ENVIRONMENT, (LEAVE_QUEUE, "ostler-fault", "{first_address}", LEFT_QUEUE), At.CONTROLLER),
        see=Script(SEE_UNREAD, (LEFT_QUEUE,), At.CONTROLLER, "python3"),
        mend=Script(DELETE_QUEUE, (LEFT_QUEUE,), At.CONTROLLER),
    ),
    filtered(
        "nova-compute-cut-from-broker", "ostler_broker_refused", REJECT_OUTGOING, "5672", "{controllers}",
        Script(SEE_UNREAD, ("compute.{host}",), At.CONTROLLER, "python3"),
        "refuses a compute every connection to RabbitMQ: its queue is there, and nobody reads it",
        "the compute is down after a minute, though nova-compute is active",
        "compute", Default.FIRST, seen_within_s=150, gone_within_s=180,
    ),
)  # fmt: skip
