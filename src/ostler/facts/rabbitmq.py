"""`rabbitmq.node`: how one message broker sees its cluster.

Value: {running: hosts whose brokers run, sorted; partitions: hosts it is cut off from; alarms: in RabbitMQ's words;
version; queues: quorum queues; queues_without_leader: of those it has a member of}.

The node itself is asked over Erlang's own protocol with `erl_call`, which takes 10 ms; `rabbitmqctl`, which starts a
whole Erlang machine (0.5 s of processor), only does it where that fails: other node names, TLS, no erl_call.
"""

from __future__ import annotations

from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import excerpt, integer, text_of
from ostler.facts.scripts import shell

QUESTION = """Running = case erlang:function_exported(rabbit_nodes, list_running, 0) of
  true -> rabbit_nodes:list_running();
  false -> rabbit_nodes:all_running()
end,
Queues = [Q || Q <- rabbit_amqqueue:list(), amqqueue:get_type(Q) =:= rabbit_quorum_queue],
IsLed = fun(Q) ->
  {Name, _} = amqqueue:get_pid(Q),
  case ra_leaderboard:lookup_leader(Name) of
    {_, Node} -> lists:member(Node, Running);
    undefined -> not lists:member(node(), maps:get(nodes, amqqueue:get_type_state(Q), []))
  end
end,
io:format("version ~s~n", [rabbit_misc:version()]),
[io:format("running ~s~n", [N]) || N <- Running],
[io:format("partition ~s~n", [N]) || N <- rabbit_node_monitor:partitions()],
[io:format("alarm ~0p~n", [A]) || A <- rabbit_alarm:get_alarms()],
io:format("queues ~b~n", [length(Queues)]),
io:format("leaderless ~b~n", [length([Q || Q <- Queues, not IsLed(Q)])]),
io:format("end~n").
"""

SCRIPT = """
export HOME=/var/lib/rabbitmq
cd /
answer=$(printf '%s' "$1" | erl_call -sname "rabbit@$(hostname -s)" -r -e -fetch_stdout -no_result_term 2>/dev/null)
case $answer in
  *end*) printf '%s\\n' "$answer" ;;
  *) exec rabbitmqctl --quiet eval "$1" ;;
esac
"""

WORDS = ("version", "running", "partition", "alarm", "queues", "leaderless")


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("rabbitmq.node", SCRIPT, QUESTION, timeout_s=30),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    if results[0].exit_code != 0:
        raise ValueError(f"the message broker does not answer: {_reason(results[0])}")
    text, ended, _ = text_of(results[0], "the message broker").partition("\nend")
    said: dict[str, list[str]] = {word: [] for word in WORDS}
    for line in text.splitlines():
        word, _, value = line.partition(" ")
        if word not in said or not value:
            raise ValueError(f"the message broker gave a line of another form: {excerpt(line)}")
        said[word].append(value)
    if not ended or not said["version"] or not said["queues"] or not said["leaderless"]:
        raise ValueError(f"the message broker's answer is cut short: {excerpt(text) or 'nothing'}")
    return {
        "running": sorted(_host(node, cloud) for node in said["running"]),
        "partitions": sorted(_host(node, cloud) for node in said["partition"]),
        "alarms": sorted(said["alarm"]),
        "version": said["version"][0],
        "queues": integer(said["queues"][0], "the number of queues"),
        "queues_without_leader": integer(said["leaderless"][0], "the number of queues without leader"),
    }


def _reason(result: CommandResult) -> str:
    """Return the first line that says why; rabbitmqctl goes on with advice for a page."""
    lines = [line for line in result.stderr.splitlines() if line.strip()]
    return excerpt(lines[0]) if lines else f"exit code {result.exit_code}"


def _host(node: str, cloud: Cloud) -> str:
    """Turn `rabbit@ctl1.example.org` into the host's name in the cloud file, where it has that name."""
    name = node.partition("@")[2] or node
    short = name.partition(".")[0]
    return short if name not in cloud.hosts and short in cloud.hosts else name


FACT = HostFact("rabbitmq.node", commands, parse)
