"""What the commands that carry runs out share: connections, the probe, the view, and how they end."""

from __future__ import annotations

import contextlib
import json
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.cloud.model import Cloud
    from ostler.execution.events import Event, Listener
    from ostler.execution.home import Home
    from ostler.execution.means import Means
    from ostler.execution.operation import Operation
    from ostler.execution.run_result import RunResult
    from ostler.execution.sealing import Sealing
    from ostler.planning.model import Plan
    from ostler.planning.replacement import Replacement
    from ostler.remote.protocol import Api, Transport

MOVES_TO_A_RELEASE = ("upgrade", "rollback")
"""Operations after which the cloud is at the release their plan names as the target."""


@dataclass(frozen=True)
class Hand:
    """What a command carries a run out with."""

    transport: Transport
    api: Api | None
    means: Means
    listeners: Sequence[Listener]
    as_json: bool


@contextlib.contextmanager
def at_hand(cloud: Cloud, plan: Plan, as_json: bool, *, with_probe: bool, max_failed: int) -> Iterator[Hand]:
    """Connections, the probe and the view of a run; all ended when the block is. Failed requests are not counted where
    the plan takes the APIs away; on a way back that does there is no probe."""
    from ostler.execution.connecting import connected
    from ostler.execution.means import Means
    from ostler.execution.operation import Operation
    from ostler.planning.replacement import cloud_within_reach

    cloud = cloud_within_reach(plan, cloud)
    as_json = as_json or not sys.stdout.isatty()
    with contextlib.ExitStack() as stack:
        transport, api = stack.enter_context(connected(cloud))
        means = Means(handles_interrupts=True, sealing=_sealing(), database_url=os.environ.get("OSTLER_QUEUE"))
        budget = None if plan.takes_apis_away else max_failed
        with_probe = with_probe and api is not None and not (plan.takes_apis_away and plan.operation == "rollback")
        operation = Operation(cloud, transport, api, means, with_probe=with_probe, max_failed=budget)
        stack.enter_context(contextlib.closing(operation))
        shown = _print_json if as_json else _shown(stack, plan, operation)
        yield Hand(transport, api, operation.means, (shown, operation.listener), as_json)


def _sealing() -> Sealing:
    """The age recipient that saved files are encrypted for, and who can open them."""
    from ostler.execution.sealing import Sealing

    identity = os.environ.get("OSTLER_AGE_IDENTITY")
    return Sealing(os.environ.get("OSTLER_AGE_RECIPIENT") or None, Path(identity) if identity else None)


def _shown(stack: contextlib.ExitStack, plan: Plan, operation: Operation) -> Listener:
    from ostler.cli.run_view import RunView

    return stack.enter_context(RunView(plan, operation.probe_lines)).listener


def _print_json(at: float, event: Event) -> None:
    from ostler.execution.events import event_to_json

    print(event_to_json(at, event), flush=True)


def keep_release(result: RunResult, plan: Plan, cloud_file: Path) -> InputError | None:
    """Say in the cloud file which release the cloud is at, when a run has brought it to another one, and which control
    plane it has, when it was replaced.

    What is wrong with a file that cannot be changed is returned: it takes nothing from how the run ended.
    """
    from ostler.cloud.release_line import write_release
    from ostler.execution.records import RunState
    from ostler.planning.replacement import replacement_of

    if result.state is RunState.DONE and plan.operation in MOVES_TO_A_RELEASE:
        try:
            if replacement := replacement_of(plan):
                _write_control_plane(cloud_file, replacement, is_new=plan.operation == "upgrade")
            write_release(cloud_file, str(plan.request["target"]))
        except InputError as error:
            return error
    return None


def _write_control_plane(cloud_file: Path, replacement: Replacement, *, is_new: bool) -> None:
    """Write the cloud file for the control plane the cloud has now; the file as it was stays beside it. Raises
    InputError when it cannot be written."""
    from ostler.cli.writing import write_whole
    from ostler.cloud.control_plane import with_control_plane
    from ostler.cloud.file import read_cloud_file, write_cloud_file

    described = read_cloud_file(cloud_file)
    now, former = (replacement.new, replacement.old) if is_new else (replacement.old, replacement.new)
    becomes = with_control_plane(described, now)
    if becomes.digest() == described.digest():
        return
    kept, wanted = (
        cloud_file.with_name(f"{cloud_file.name}.{which}-control-plane")
        for which in (("old", "new") if is_new else ("new", "old"))
    )
    try:
        mode = stat.S_IMODE(cloud_file.stat().st_mode)
        write_whole(kept, cloud_file.read_bytes(), mode)
        if wanted.is_file() and read_cloud_file(wanted).digest() == becomes.digest():
            write_whole(cloud_file, wanted.read_bytes(), mode)
            return
    except OSError as error:
        names = ", ".join(host.name for host in former.hosts)
        raise InputError(
            "cloud.control-plane-not-written",
            f"the control plane of the cloud is no longer {names}, but {cloud_file} still says so: {error.strerror}",
            do_next="name the hosts that are it now in that file",
        ) from None
    write_cloud_file(becomes, cloud_file, force=True)


def finish(result: RunResult, home: Home, as_json: bool) -> None:
    """Say how the run stands."""
    from ostler.execution.runs import load_run
    from ostler.reporting.run_text import run_result_document, run_result_text

    history = load_run(result.run, home)
    if as_json:
        print(json.dumps({"event": "result", **run_result_document(result, history)}), flush=True)
    else:
        sys.stdout.write(run_result_text(result, history))
        sys.stdout.flush()
