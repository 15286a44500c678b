"""A rehearsal as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.planning.rehearsed import PASSED, CommandRun, DiskTaken, HopOutcome, Rehearsal, believed
from ostler.planning.upgrade.rehearsal_notes import compared
from ostler.reporting.findings import findings_text

WORDS_WIDTH = 50
MB, GB = 10**6, 10**9


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """The verdict, each hop with its projects and commands, and what was found."""
    lines = [verdict_of(rehearsal), disk_of(rehearsal.disk), times_of(rehearsal), ""]
    hops = dict.fromkeys((hop.source, hop.target) for hop in rehearsal.hops)
    for source, target in hops:
        lines.append(f"{source} → {target}")
        for hop in rehearsal.hops:
            if (hop.source, hop.target) == (source, target):
                lines += _hop(rehearsal, hop)
        lines.append("")
    text = "\n".join(lines)
    return text + (findings_text(rehearsal.findings) if rehearsal.findings else "")


def verdict_of(rehearsal: Rehearsal) -> str:
    """How it ended, in a sentence or two."""
    way = f"{rehearsal.source} → {rehearsal.target}"
    count = f"{len(rehearsal.databases)} database{'' if len(rehearsal.databases) == 1 else 's'}"
    stopped = [f"{hop.project} ({hop.source} → {hop.target})" for hop in rehearsal.hops if hop.outcome not in PASSED]
    if stopped:
        return f"In the rehearsal {way} with {count} did not come through: {', '.join(stopped)}."
    fixed = [f"{hop.project} ({hop.source} → {hop.target})" for hop in rehearsal.hops if hop.outcome == "fixed"]
    helped = f" Fixes were needed on the copy: {', '.join(fixed)}." if fixed else ""
    return f"The rehearsal {way} with {count} went to its end, in {rehearsal.seconds:.0f} s.{helped}"


def disk_of(disk: DiskTaken) -> str:
    """How much disk the databases took, and how much more an upgrade needs, in a sentence."""
    before, most, after, needed = map(_size, (disk.before, disk.most, disk.after, disk.needed))
    return f"The databases took {before} of disk before, {most} at most and {after} after: {needed} must be free."


def times_of(rehearsal: Rehearsal) -> str:
    """What the seconds say of the cloud, in a sentence or two."""
    there, measured = rehearsal.there, rehearsal.measured
    if there is None:
        return (
            "Seconds are those of this machine. With --live, or --cloud FILE beside the dumps, they are told as they "
            "would be on the cloud, too."
        )
    if measured is None:
        return (
            f"Seconds are those of this machine: how fast the databases of {there.cloud} are could not be measured "
            f"({there.reason})."
        )
    factor = believed(measured)
    counted = "" if factor == measured else f", which is counted as {factor:g} times"
    here = sum(run.seconds for hop in rehearsal.hops for run in hop.commands if rehearsal.estimate_s(run) is not None)
    return (
        f"On {there.cloud} the schema changes and row migrations that came through take about {here * factor:.0f} s, "
        f"one after another: {here:.1f} s here, times {factor:.1f}, since "
        f"{compared(measured, 'its databases', 'the copy')}{counted}. Disks are not measured."
    )


def estimate_of(rehearsal: Rehearsal, run: CommandRun) -> str:
    """The seconds of a command on the cloud, as words; empty where nobody can tell."""
    seconds = rehearsal.estimate_s(run)
    return "" if seconds is None else f"{seconds:.1f} s"


def _size(count: int) -> str:
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / MB:.1f} MB"


def _hop(rehearsal: Rehearsal, hop: HopOutcome) -> Iterator[str]:
    yield f"  {hop.project:10} {hop.outcome:8} {hop.seconds:6.1f} s"
    for command in hop.commands:
        moved = f", {command.rows} rows moved" if command.rows else ""
        code = f"code of {command.release}"
        judged = command.judged if command.outcome == "ok" else f"{command.judged}, exit code {command.exit_code}"
        there = estimate_of(rehearsal, command)
        on_cloud = f", {there} on the cloud" if there else ""
        yield f"    {command.words:{WORDS_WIDTH}} {command.seconds:6.1f} s{on_cloud}  {judged}{moved}  ({code})"
        if command.put_back:
            yield f"      {command.put_back.words}"
