"""RabbitMQ: nodes that are gone or cut off, alarms, a lost password, queues nobody reads."""

from __future__ import annotations

from ostler.practice.faults.fault import SEEING, At, Default, Fault, Script
from ostler.practice.faults.network import CLOSE_TABLE, CUT_OFF, REJECT_OUTGOING
from ostler.practice.faults.services import stopped

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

FAULTS = (
    stopped(
        "rabbitmq-node-stopped", ("rabbitmq-server.service",),
        "stops one RabbitMQ node",
        "a pause of some seconds for requests under way; then nothing",
        "controller", Default.LAST, see=Script(SEE_NODE_MISSING, ("{host}",), At.PEER, "python3"),
        least_controllers=2,
    ),
    Fault(
        name="rabbitmq-partitioned",
        does="cuts one RabbitMQ node off from the others; being in the minority, it pauses itself",
        users_see="a pause of up to half a minute for requests under way; then nothing",
        role="controller",
        default=Default.LAST,
        touches=("unit rabbitmq-server.service", "table ostler_rabbitmq_partitioned"),
        make=Script(CUT_OFF, ("ostler_rabbitmq_partitioned", "4369, 25672", "{peers}")),
        see=Script(SEE_NODE_MISSING, ("{host}",), At.PEER, "python3"),
        mend=Script(CLOSE_TABLE, ("ostler_rabbitmq_partitioned",)),
        least_controllers=3,
        seen_within_s=90,
        gone_within_s=180,
    ),
    Fault(
        name="rabbitmq-memory-alarm",
        does="lowers the memory one RabbitMQ node may use to less than it uses; every publisher is blocked",
        users_see="requests that need another service hang and time out after a minute; services go down",
        role="controller",
        default=Default.FIRST,
        touches=("rabbitmq limits",),
        remember=Script(KEEP_LIMITS),
        make=Script(SET_MEMORY, ("1MB",)),
        see=Script(SEE_ALARM, ("memory",)),
        mend=Script(RESTORE_LIMIT),
    ),
    Fault(
        name="rabbitmq-disk-alarm",
        does="raises the free disk space one RabbitMQ node wants beyond what there is; every publisher is blocked",
        users_see="requests that need another service hang and time out after a minute; services go down",
        role="controller",
        default=Default.FIRST,
        touches=("rabbitmq limits",),
        remember=Script(KEEP_LIMITS),
        make=Script(SET_DISK, ("1000000GB",)),
        see=Script(SEE_ALARM, ("disk",)),
        mend=Script(RESTORE_LIMIT),
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
    Fault(
        name="nova-compute-cut-from-broker",
        does="refuses a compute every connection to RabbitMQ: its queue is there, and nobody reads it",
        users_see="the compute is down after a minute, though nova-compute is active",
        role="compute",
        default=Default.FIRST,
        touches=("table ostler_broker_refused",),
        make=Script(REJECT_OUTGOING, ("ostler_broker_refused", "5672", "{controllers}")),
        see=Script(SEE_UNREAD, ("compute.{host}",), At.CONTROLLER, "python3"),
        mend=Script(CLOSE_TABLE, ("ostler_broker_refused",)),
        seen_within_s=150,
        gone_within_s=180,
    ),
)  # fmt: skip
