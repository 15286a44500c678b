"""`rabbitmq.broker`: how one message broker is by itself; how it sees its cluster is `rabbitmq.node`.

Value: {answer, cookie, memory: {used_bytes, limit_bytes}, disk: {free_bytes, limit_bytes}, alarms: its own
("memory", "disk"), connections, queues: {name: {ready, consumers}}}. `answer` is "answers"; "paused": the node is there
and RabbitMQ is stopped in it, as in the minority of a cluster; "silent": the node is there and says nothing; or "gone".
Unless it answers, all but `cookie` is None or empty. `cookie` is the beginning of the Erlang cookie's SHA-256, to be
compared with the other nodes' (None: it cannot be read). `queues` are those it leads that nobody reads, or in which
READY_TO_TELL messages or more wait; replies to one caller and copies for everybody, which end by themselves, are left
out. A part of memory and disk is None where the node does not know it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence

from ostler.cloud.model import Cloud
from ostler.commands import Command, CommandResult
from ostler.facts.model import FactRequest, HostFact, JsonValue
from ostler.facts.output import TIMED_OUT, excerpt, integer, text_of
from ostler.facts.scripts import shell

READY_TO_TELL = 100
ANSWERS = ("answers", "paused", "silent", "gone")
NOTHING: JsonValue = {"memory": None, "disk": None, "connections": None, "alarms": [], "queues": {}}

QUESTION = """case lists:keymember(rabbit, 1, application:which_applications()) of
  false -> io:format("answer paused~nend~n");
  true ->
    Leads = fun(Q) -> case amqqueue:get_type(Q) of
        rabbit_quorum_queue -> {Name, _} = amqqueue:get_pid(Q),
          case ra_leaderboard:lookup_leader(Name) of {_, Node} -> Node =:= node(); _ -> false end;
        _ -> node(amqqueue:get_pid(Q)) =:= node()
      end end,
    io:format("answer answers~n"),
    io:format("memory ~p ~p~n", [vm_memory_monitor:get_process_memory(), vm_memory_monitor:get_memory_limit()]),
    io:format("disk ~p ~p~n", [rabbit_disk_monitor:get_disk_free(), rabbit_disk_monitor:get_disk_free_limit()]),
    [io:format("alarm ~p~n", [What]) || {{resource_limit, What, On}, _} <- rabbit_alarm:get_alarms(), On =:= node()],
    io:format("connections ~b~n", [length(rabbit_networking:connections_local())]),
    [catch case rabbit_amqqueue:info(Q, [name, messages_ready, consumers]) of
       [{name, {resource, _, _, Queue}}, {messages_ready, Ready}, {consumers, Readers}]
         when Readers =:= 0; Ready >= READY_TO_TELL ->
         io:format("queue ~p ~p ~s~n", [Ready, Readers, base64:encode(Queue)]);
       _ -> ok
     end || Q <- rabbit_amqqueue:list(), catch Leads(Q) =:= true],
    io:format("end~n")
end.
""".replace("READY_TO_TELL", str(READY_TO_TELL))

SCRIPT = """
export HOME=/var/lib/rabbitmq
cd /
[ ! -r "$HOME/.erlang.cookie" ] || printf 'cookie %s\\n' "$(sha256sum < "$HOME/.erlang.cookie" | cut -c 1-8)"
if names=$(timeout 2 epmd -names 2>/dev/null) && ! printf '%s' "$names" | grep -q '^name rabbit '; then
  printf 'answer gone\\nend\\n'; exit 0
fi
node="rabbit@$(hostname -s)"
answer=$(printf '%s' "$1" | timeout 3 erl_call -sname "$node" -r -e -fetch_stdout -no_result_term 2>/dev/null)
case $answer in *end*) printf '%s\\n' "$answer"; exit 0 ;; esac
answer=$(timeout 8 rabbitmqctl --quiet --timeout 6 eval "$1" 2>/dev/null); code=$?
case $answer in
  *end*) printf '%s\\n' "$answer" | grep -v '^ok$' ;;
  *) if [ $code -eq 124 ] || pgrep -x beam.smp > /dev/null; then word=silent; else word=gone; fi
     printf 'answer %s\\nend\\n' "$word" ;;
esac
"""

PASSING = ("reply_",)
FOR_EVERYBODY = "_fanout"


def commands(cloud: Cloud, request: FactRequest) -> Sequence[Command]:
    return (shell("rabbitmq.broker", SCRIPT, QUESTION, timeout_s=16),)


def parse(results: Sequence[CommandResult], cloud: Cloud, request: FactRequest) -> JsonValue:
    if results[0].exit_code == TIMED_OUT:
        return {"answer": "silent", "cookie": None, **NOTHING}
    text, ended, _ = text_of(results[0], "the message broker").partition("\nend")
    if not ended:
        raise ValueError(f"the message broker's answer is cut short: {excerpt(text) or 'nothing'}")
    lines = [line.split() for line in text.splitlines() if line.strip()]
    said = {words[0]: words[1:] for words in lines if words[0] not in ("queue", "alarm")}
    answer = " ".join(said.get("answer", []))
    if answer not in ANSWERS:
        raise ValueError(f"the message broker is in a state that is not known: {excerpt(answer) or 'none'}")
    cookie = " ".join(said.get("cookie", [])) or None
    if answer != "answers":
        return {"answer": answer, "cookie": cookie, **NOTHING}
    return {
        "answer": answer,
        "cookie": cookie,
        "memory": _pair(said.get("memory", []), "used_bytes"),
        "disk": _pair(said.get("disk", []), "free_bytes"),
        "alarms": sorted(" ".join(words[1:]) for words in lines if words[0] == "alarm"),
        "connections": integer(" ".join(said.get("connections", [])), "the number of connections"),
        "queues": dict(_queue(words) for words in lines if words[0] == "queue" and _is_kept(words)),
    }


def _pair(words: Sequence[str], first: str) -> JsonValue:
    if len(words) != 2:
        raise ValueError(f"the message broker tells its room in another form: {excerpt(' '.join(words)) or 'nothing'}")
    return {
        key: int(word) if word.isdecimal() else None for key, word in zip((first, "limit_bytes"), words, strict=True)
    }


def _name(words: Sequence[str]) -> str:
    try:
        return base64.b64decode(words[3], validate=True).decode("utf-8", "replace")
    except (IndexError, binascii.Error, ValueError):
        raise ValueError(f"the message broker tells of a queue in another form: {excerpt(' '.join(words))}") from None


def _is_kept(words: Sequence[str]) -> bool:
    name = _name(words)
    return not name.startswith(PASSING) and FOR_EVERYBODY not in name


def _queue(words: Sequence[str]) -> tuple[str, JsonValue]:
    ready, consumers = (integer(word, "the messages or readers of a queue") for word in words[1:3])
    return _name(words), {"ready": ready, "consumers": consumers}


FACT = HostFact("rabbitmq.broker", commands, parse)
