"""Effects on traffic: requests to an API are held at every load balancer, and let go on.

HAProxy holds a request while its API's name is in a map (see docs; the map is asked for before a server is chosen, so
requests on kept-alive connections are held too, and those under way end).
"""

from __future__ import annotations

from ostler.errors import CommandFailed, OutsideError
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.facts.haproxy_held import HOLD_MAP
from ostler.steps.balancer import balancers, words_for
from ostler.steps.effects import Hold, Release


def hold(bench: Bench, effect: Hold) -> EffectResult:
    """Hold requests on every load balancer. When one refuses, none holds any more."""
    changed = 0
    try:
        for balancer in balancers(bench.cloud):
            if not _is_held(bench, balancer, effect.api):
                _say(bench, balancer, f"add map {HOLD_MAP} {effect.api} 1")
                changed += 1
    except OutsideError:
        release(bench, Release(effect.api))
        raise
    return EffectResult(f"held on {changed} load balancers", is_change=changed > 0)


def release(bench: Bench, effect: Release) -> EffectResult:
    """Let requests go on, on every load balancer that can be reached; raises the first failure afterwards."""
    changed = 0
    failures: list[OutsideError] = []
    for balancer in balancers(bench.cloud):
        try:
            if _is_held(bench, balancer, effect.api):
                _say(bench, balancer, f"del map {HOLD_MAP} {effect.api}")
                changed += 1
        except OutsideError as error:
            failures.append(error)
    if failures:
        raise failures[0]
    return EffectResult(f"released on {changed} load balancers", is_change=changed > 0)


def _is_held(bench: Bench, balancer: str, api: str) -> bool:
    """Whether the map has the API's name; lines of `show map` are `<reference> <key> <value>`."""
    lines = _ask(bench, balancer, f"show map {HOLD_MAP}").splitlines()
    return any(line.split()[1:2] == [api] for line in lines)


def _say(bench: Bench, balancer: str, words: str) -> None:
    answer = _ask(bench, balancer, words).strip()
    if answer:
        raise CommandFailed(
            "execution.load-balancer-refused",
            f"HAProxy on {balancer} did not accept {words!r}",
            found=answer[:200],
            do_next="see that haproxy.cfg there names the hold map, then resume",
        )


def _ask(bench: Bench, balancer: str, words: str) -> str:
    result = bench.transport.run(balancer, words_for(bench.cloud, words))
    if result.exit_code != 0:
        raise CommandFailed(
            "execution.load-balancer-silent",
            f"HAProxy's runtime socket on {balancer} does not answer",
            found=result.stderr.strip()[:200],
            do_next="see whether HAProxy runs there, then resume",
        )
    if result.stdout.startswith(("Unknown map", "Unknown command", "Permission denied")):
        raise CommandFailed(
            "execution.load-balancer-refused",
            f"HAProxy on {balancer} did not understand {words!r}",
            found=result.stdout.strip()[:200],
            do_next="see that haproxy.cfg there names the hold map and that its socket has level admin, then resume",
        )
    return result.stdout
