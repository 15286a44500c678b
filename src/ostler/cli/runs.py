"""`ostler apply`, `resume`, `approve`, `cancel`, `runs`, `show`: carry plans out, and look at what was carried out."""

from __future__ import annotations

import getpass
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from ostler.cli.carrying_out import Hand, at_hand, finish, keep_release
from ostler.cli.plans import load_plan
from ostler.cli.telling import tell_warning
from ostler.cli.where import CloudFile, find_cloud_file, load_cloud
from ostler.errors import InputError

if TYPE_CHECKING:
    from ostler.execution.run_result import RunResult

AsJson = Annotated[bool, typer.Option("--json", help="One JSON document per line; also when not on a terminal.")]
Approve = Annotated[
    list[str] | None,
    typer.Option("--approve", metavar="STAGE", help="Say yes to a gate beforehand (`all`: to each). Repeatable."),
]
Probe = Annotated[bool, typer.Option("--probe/--no-probe", help="Ask every API all the while.")]
MaxFailed = Annotated[
    int,
    typer.Option(
        "--max-failed",
        min=0,
        help="Pause, and fail the last proof, when more requests than this failed in the whole run.",
    ),
]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="The run; see `ostler runs`.")]

DEFAULT_MAX_FAILED = 0


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (apply, resume, approve, cancel, runs, show):
        app.command()(command)


def apply(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan file, as --out of a planning command wrote.")],
    cloud: CloudFile = None,
    approve: Approve = None,
    probe: Probe = True,
    max_failed: MaxFailed = DEFAULT_MAX_FAILED,
    as_json: AsJson = False,
) -> None:
    """Carry a plan out. Ctrl-C stops as soon as nothing is half done; `ostler resume` goes on.

    Example:  ostler apply upgrade.plan
    """
    from ostler.execution.runs import apply as carry_out

    loaded, described = load_plan(plan), load_cloud(cloud)
    with at_hand(described, loaded, as_json, with_probe=probe, max_failed=max_failed) as hand:
        result = carry_out(
            loaded,
            described,
            hand.transport,
            hand.api,
            means=hand.means,
            approve_gates=tuple(approve or ()),
            events=hand.listeners,
        )
        # At once: the probe takes seconds to end, and who looks meanwhile reads the file.
        unkept = keep_release(result, loaded, find_cloud_file(cloud))
    _end(result, hand, unkept)


def resume(
    run: RunId,
    cloud: CloudFile = None,
    approve: Approve = None,
    settle: Annotated[
        list[str] | None,
        typer.Option(metavar="STEP=done|again", help="Say whether a step of unknown outcome happened. Repeatable."),
    ] = None,
    probe: Probe = True,
    max_failed: MaxFailed = DEFAULT_MAX_FAILED,
    as_json: AsJson = False,
) -> None:
    """Go on with a run: after a kill, a failure that was fixed, a gate, or Ctrl-C.

    Example:  ostler resume 2026-11-20-1-upgrade
    """
    from ostler.execution.home import find_home
    from ostler.execution.runs import load_run
    from ostler.execution.runs import resume as go_on

    described, loaded = load_cloud(cloud), load_run(run, find_home()).plan
    settled = [_decision(text) for text in settle or ()]
    with at_hand(described, loaded, as_json, with_probe=probe, max_failed=max_failed) as hand:
        result = go_on(
            run,
            described,
            hand.transport,
            hand.api,
            means=hand.means,
            approve_gates=tuple(approve or ()),
            settled=settled,
            events=hand.listeners,
        )
        # At once: the probe takes seconds to end, and who looks meanwhile reads the file.
        unkept = keep_release(result, loaded, find_cloud_file(cloud))
    _end(result, hand, unkept)


def _end(result: RunResult, hand: Hand, unkept: InputError | None) -> NoReturn:
    """Tell how a run ended, then what is wrong with the cloud file, and end so."""
    finish(result, hand.means.home, hand.as_json)
    if unkept is not None:
        tell_warning(unkept, as_json=hand.as_json)
    raise typer.Exit(result.exit_code)


def approve(
    run: RunId,
    stage: Annotated[
        str | None, typer.Argument(metavar="STAGE", help="The stage whose gate is meant; the next otherwise.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Say yes to a gate of a run; who and when is recorded. `ostler resume` goes on.

    Example:  ostler approve 2026-11-20-1-upgrade && ostler resume 2026-11-20-1-upgrade
    """
    from ostler.execution.home import find_home
    from ostler.execution.runs import approve as say_yes

    who = getpass.getuser()
    gate = say_yes(run, stage, home=find_home(), who=who)
    if as_json:
        print(json.dumps({"run": run, "gate": gate, "who": who, "ways_on": [f"ostler resume {run}"]}))
        return
    print(f"the gate before {gate} is approved; go on with: ostler resume {run}")


def cancel(run: RunId, cloud: CloudFile = None, as_json: AsJson = False) -> None:
    """End a run for good and give back what it lent. What it did stays done; `ostler rollback` takes it back.

    Ends with 4 when the run has not ended yet: another process is still at work, or a loan could not be given back.

    Example:  ostler cancel 2026-11-20-1-upgrade
    """
    from ostler.execution.home import find_home
    from ostler.execution.records import RunState
    from ostler.execution.runs import cancel as end
    from ostler.execution.runs import load_run

    described, loaded = load_cloud(cloud), load_run(run, find_home()).plan
    with at_hand(described, loaded, as_json, with_probe=False, max_failed=0) as hand:
        result = end(run, described, hand.transport, hand.api, means=hand.means, events=hand.listeners)
    if result.state is RunState.RUNNING and not hand.as_json:
        print(f"run {run} is asked to end as soon as nothing is half done")
    else:
        finish(result, hand.means.home, hand.as_json)
    if result.state is not RunState.CANCELLED:
        raise typer.Exit(result.exit_code)


def runs(as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False) -> None:
    """List the runs of this machine, the newest first.

    Example:  ostler runs
    """
    from ostler.execution.home import find_home
    from ostler.execution.runs import alive_runs, list_runs
    from ostler.reporting.run_text import runs_text

    home = find_home()
    known = list_runs(home)
    alive = alive_runs([run.cloud for run in known], home)
    if as_json:
        documents = [{**_plain(run), "is_alive": run.id in alive} for run in known]
        print(json.dumps({"runs": documents}, indent=1))
    else:
        sys.stdout.write(runs_text(known, alive))


def show(
    what: Annotated[str, typer.Argument(metavar="PLAN|RUN", help="A plan file, or a run of `ostler runs`.")],
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Every step; of a plan also why, undo, and what it changes in files."),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show a plan, or what a run did, what it lent, and how to go on.

    Example:  ostler show upgrade.plan
    """
    if Path(what).is_file():
        _show_plan(Path(what), verbose, as_json)
    elif {".", "/"} & set(what):
        raise InputError(
            "execution.neither-plan-nor-run",
            f"there is neither a plan file nor a run {what!r}",
            do_next="see the runs with `ostler runs`; a planning command writes a plan file with --out FILE",
        )
    else:
        _show_run(what, verbose, as_json)


def _show_plan(path: Path, verbose: bool, as_json: bool) -> None:
    from ostler.planning.model import plan_to_json
    from ostler.reporting.plan_text import plan_text

    plan = load_plan(path)
    sys.stdout.write(plan_to_json(plan) if as_json else plan_text(plan, verbose=verbose))


def _show_run(run: str, verbose: bool, as_json: bool) -> None:
    from ostler.execution.home import find_home
    from ostler.execution.runs import load_run
    from ostler.reporting.run_text import show_run

    history = load_run(run, find_home())
    if not as_json:
        sys.stdout.write(show_run(history, verbose=verbose))
        return
    document = {
        **_plain(history.record),
        "is_alive": history.is_alive,
        "outcomes": [_plain(outcome) for outcome in history.outcomes],
        "loans": [_plain(loan) for loan in history.loans],
        "approvals": [_plain(approval) for approval in history.approvals.values()],
        "findings": [{"step": step, **_plain(finding)} for step, finding in history.findings],
        "unfinished": list(history.unfinished),
    }
    print(json.dumps(document, indent=1))


def _plain(record: object) -> dict[str, object]:
    from dataclasses import asdict

    return dict(asdict(record))  # type: ignore[call-overload]


def _decision(text: str) -> tuple[str, str]:
    step, sign, decision = text.rpartition("=")
    if not sign or decision not in ("done", "again"):
        raise InputError(
            "execution.bad-decision",
            f"{text!r} decides nothing",
            expected="STEP=done or STEP=again",
            do_next="see --help",
        )
    return step, decision
