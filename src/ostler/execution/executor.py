"""Interprets effects: the only place where what a step wants becomes something done to a cloud."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from ostler.errors import CommandFailed
from ostler.execution.effect_archives import forward, send
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.effect_carrying import carry
from ostler.execution.effect_files import edit, put, remove, save
from ostler.execution.effect_judgement import judge, prove
from ostler.execution.effect_received import receive, send_back
from ostler.execution.effect_traffic import hold, release
from ostler.masking import last_lines
from ostler.steps.effects import (
    Call,
    Carry,
    EditConfig,
    Effect,
    Forward,
    Hold,
    Judge,
    Prove,
    Put,
    Receive,
    Release,
    Remove,
    Run,
    Save,
    Send,
    SendBack,
    Until,
)

ARGUMENT_SHOWN = 120


def carry_out(bench: Bench, effect: Effect) -> EffectResult:
    """Carry out one effect.

    Raises OutsideError when the outside world failed, InputError when something it needs is not there, CannotTell
    when a fact it depends on could not be read, Abandoned when the operator did not wait.
    """
    return _INTERPRETERS[type(effect)](bench, effect)


def checks_itself(effect: Effect) -> bool:
    """Whether the effect looks first and changes only what is not so already: it may be carried out again after a
    kill without being counted twice. The others are not repeated when the journal says they were carried out."""
    return isinstance(
        effect, Put | Remove | Save | EditConfig | Send | SendBack | Carry | Forward | Hold | Release | Until
    )


def describe(effect: Effect) -> str:
    """One line for the journal; file contents and long scripts are left out."""
    match effect:
        case Run(host=host, command=command):
            return f"run on {host}: {_shown(command.argv)}"
        case Put(host=host, path=path) | Remove(host=host, path=path) | EditConfig(host=host, path=path):
            return f"{type(effect).__name__.lower()} {host}:{path}"
        case Save(host=host, paths=paths):
            return f"save {host}: {' '.join(paths)}"
        case Send(host=host, project=project, path=path):
            return f"send {project} to {host}:{path}"
        case Receive(host=host, path=path):
            return f"receive {host}:{path}"
        case SendBack(host=host, path=path, run=run):
            return f"send back {host}:{path} of {run} where it is not as it was"
        case Carry(host=host, source=source, paths=paths) if host == source:
            return f"readdress {host}: {' '.join(paths)}"
        case Carry(host=host, source=source, paths=paths) | Forward(host=host, source=source, paths=paths):
            return f"{type(effect).__name__.lower()} from {source} to {host}: {' '.join(paths)}"
        case Call(request=request):
            return f"call {request}"
        case Until(expectation=expectation):
            return f"until {expectation}"
        case Hold(api=api):
            return f"hold {api}"
        case Release(api=api):
            return f"release {api}"
        case Judge(host=host, release=target, checks=checks):
            return f"judge {', '.join(project for project, _ in checks)} for {target} on {host}"
        case Prove(name=name):
            return f"prove {name}"


def _shown(argv: tuple[str, ...]) -> str:
    """A command's words; a script among them is shown by its name, which follows it."""
    words = [word if "\n" not in word and len(word) <= ARGUMENT_SHOWN else "(script)" for word in argv]
    return " ".join(words)


def _run(bench: Bench, effect: Run) -> EffectResult:
    rounds = 0
    while rounds < effect.again_limit:
        result = bench.transport.run(effect.host, effect.command)
        rounds += 1
        if result.exit_code not in effect.again_on or not _did_some(effect, result.stdout):
            break
    else:
        raise CommandFailed(
            "execution.never-ended",
            f"a command on {effect.host} had more to do each of {effect.again_limit} times",
            do_next="look at its log, then resume",
        )
    is_change = not effect.command.is_read_only
    took = f" after {rounds} rounds" if rounds > 1 else ""
    answer, said = result.stdout.strip(), f"{result.stdout}\n{result.stderr}"
    if (left := _told_by(said, effect.borne, result.exit_code)) is not None:
        return EffectResult(f"left undone: {left}{took}", is_change, evidence=last_lines(said))
    if (doubt := _told_by(said, effect.doubts, result.exit_code)) is not None:
        return EffectResult(
            f"exit code {result.exit_code}{took}, and something failed",
            is_change,
            failure=f"a command on {effect.host} ended with exit code {result.exit_code}, and still something failed "
            f"({doubt}): {_shown(effect.command.argv)}",
            evidence=last_lines(said),
        )
    if effect.is_silent and answer and result.exit_code in effect.accept:
        return EffectResult(
            "refused",
            is_change,
            failure=f"a command on {effect.host} was refused: {last_lines(answer)[0]}: {_shown(effect.command.argv)}",
            evidence=last_lines(answer),
        )
    if result.exit_code in effect.accept:
        return EffectResult(f"{effect.accept[result.exit_code]}{took}", is_change)
    return EffectResult(
        f"exit code {result.exit_code}{took}",
        is_change,
        failure=f"a command on {effect.host} ended with exit code {result.exit_code}: {_shown(effect.command.argv)}",
        evidence=last_lines(said),
    )


def _did_some(effect: Run, said: str) -> bool:
    """Whether a round did some of the work: one that only crashed may end with the code that means "again", too."""
    return not effect.counts or any(int(number) for number in re.findall(effect.counts, said))


def _told_by(said: str, patterns: Mapping[int, tuple[str, str]], exit_code: int) -> str | None:
    """What goes with the pattern of an exit code, where that is found; else None."""
    pattern, told = patterns.get(exit_code, (None, ""))
    return told if pattern is not None and re.search(pattern, said) else None


def _call(bench: Bench, effect: Call) -> EffectResult:
    if bench.api is None:
        return EffectResult("no API", is_change=False, failure="the cloud file names no credentials for the APIs")
    response = bench.api.call(effect.request)
    return EffectResult(f"status {response.status}")


def _until(bench: Bench, effect: Until) -> EffectResult:
    missed = bench.waiter.wait([effect])
    if not missed:
        return EffectResult("it is so", is_change=False)
    ((until, verdict),) = missed
    advice = f"; {until.on_timeout}" if until.on_timeout else ""
    return EffectResult(
        "it did not become so",
        is_change=False,
        failure=f"after {until.timeout_s:.0f} s still not: {verdict.expectation}{advice}",
        evidence=(str(verdict),),
    )


_INTERPRETERS: dict[type, Callable[[Bench, Any], EffectResult]] = {
    Run: _run,
    Put: put,
    Remove: remove,
    Save: save,
    EditConfig: edit,
    Send: send,
    Receive: receive,
    SendBack: send_back,
    Carry: carry,
    Forward: forward,
    Call: _call,
    Until: _until,
    Hold: hold,
    Release: release,
    Judge: judge,
    Prove: prove,
}
