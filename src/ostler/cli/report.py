"""`ostler report`: what a run did and what users saw of it, as a page, as JSON, or in a few lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from ostler.reporting.report_model import RunReport

FINDINGS = 1
TERMINAL = Path("-")
MOST_KINDS, LONGEST = 10, 200
SIGNS = {True: "ok ", False: "BAD", None: "?  "}


def register(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command("report")(report)


def report(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run, as `ostler runs` lists it.")],
    html: Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write one self-contained page.")] = None,
    json: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the JSON document; - is the terminal.")
    ] = None,
) -> None:
    """Report what a run did: verdict, what users saw, proofs, stages, configuration, findings, loans, logs.

    Ends with 0 when the run is done and nothing is wrong, with 1 otherwise.

    Example:  ostler report 2026-11-20-1-upgrade --html report.html
    """
    import time

    from ostler.execution.home import find_home
    from ostler.execution.run_data import read_run
    from ostler.reporting.report import report_of
    from ostler.reporting.report_model import report_to_json

    made = report_of(read_run(find_home(), run), time.time())
    if html is not None:
        from ostler.reporting.report_html import report_to_html

        _write(html, report_to_html(made))
    if json is not None and json != TERMINAL:
        _write(json, report_to_json(made))
    typer.echo(report_to_json(made) if json == TERMINAL else _lines(made), nl=False)
    if not made.verdict.ok:
        raise typer.Exit(FINDINGS)


def _write(path: Path, text: str) -> None:
    from ostler.errors import InputError

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(
            "report.cannot-write", f"{path} cannot be written: {error.strerror}", do_next="name a file you may write"
        ) from None


def _lines(made: RunReport) -> str:
    """The verdict, the probe's figures and the errors to look at, for the terminal."""
    from ostler.reporting.log_words import shown

    lines = [f"{made.verdict.word}: {made.run.title} ({made.run.id})"]
    lines += [f"  {SIGNS[statement.ok]} {statement.text}" for statement in made.verdict.statements]
    for name, api in made.probe.items():
        longest = "never asked" if api.longest_stall_s is None else f"longest wait {api.longest_stall_s:.1f} s"
        lines.append(f"  {name:<10} {api.requests:>7} requests  {api.failed} failed  {longest}")
    unexplained = [kind for kind in made.log_review.kinds if not kind.harmless]
    for kind in unexplained[:MOST_KINDS]:
        hosts = ", ".join(kind.hosts)
        lines.append(f"  {kind.count} x {kind.level} {kind.logger} on {hosts}: {shown(kind.example, LONGEST)}")
    if len(unexplained) > MOST_KINDS:
        lines.append(f"  and {len(unexplained) - MOST_KINDS} kinds more: ostler report {made.run.id} --html FILE")
    return "\n".join(lines) + "\n"
