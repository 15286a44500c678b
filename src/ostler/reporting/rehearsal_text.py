"""A rehearsal as text. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from ostler.planning.rehearsed import PASSED, DiskTaken, HopOutcome, Rehearsal
from ostler.reporting.findings import findings_text

WORDS_WIDTH = 50
MB, GB = 10**6, 10**9


def rehearsal_text(rehearsal: Rehearsal) -> str:
    """The verdict, each hop with its projects and commands, and what was found."""
    lines = [verdict_of(rehearsal), disk_of(rehearsal.disk), ""]
    hops = dict.fromkeys((hop.source, hop.target) for hop in rehearsal.hops)
    for source, target in hops:
        lines.append(f"{source} → {target}")
        for hop in rehearsal.hops:
            if (hop.source, hop.target) == (source, target):
                lines += _hop(hop)
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


def _size(count: int) -> str:
    return f"{count / GB:.1f} GB" if count >= GB else f"{count / MB:.1f} MB"


def _hop(hop: HopOutcome) -> Iterator[str]:
    yield f"  {hop.project:10} {hop.outcome:8} {hop.seconds:6.1f} s"
    for command in hop.commands:
        moved = f", {command.rows} rows moved" if command.rows else ""
        code = f"code of {command.release}"
        judged = command.judged if command.outcome == "ok" else f"{command.judged}, exit code {command.exit_code}"
        yield f"    {command.words:{WORDS_WIDTH}} {command.seconds:6.1f} s  {judged}{moved}  ({code})"
        if command.put_back:
            yield f"      {command.put_back.words}"
