"""How well `ostler diagnose --logs` does on labelled cases.

    nice .venv/bin/python benchmarks/diagnosis_cases.py FOLDER [--all] [--json]
    .venv/bin/uv run --with scikit-learn --with-editable . python benchmarks/diagnosis_cases.py FOLDER --fold [--json]

FOLDER holds the cases as `benchmarks/diagnosing/cases.py` says. One half is scored, or with `--all` both together, with
the weights that are kept. Those are fitted to all cases (`diagnosis_fit.py --all`), so that what they say of any is no
proof of what they would say of others: that is what `--fold` is for. It fits weights to one half, scores the other with
them, and the same the other way round, then both together; and at last each fifth by weights fitted to the other four.
No weights are written. Beside it: simple baselines, and a guesser that knows only which log files there are.
"""

from __future__ import annotations

import argparse
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from diagnosing.cases import HELD_OUT, TUNED_ON, Read, cases_in, read_all
from tables import by_sureness, show

from ostler.diagnosis.model import Diagnosis, Verdict

Row = dict[str, Any]

FIRST_FRAMES = 60
"""About so many frames the first traceback has at most."""


def scored(reads: Sequence[Read], says_failed: Callable[[Read], bool]) -> Row:
    """Whether runs are told apart that failed and did not."""
    said = [(read.case, says_failed(read)) for read in reads]
    right = sum(case.failed and says for case, says in said)
    precision = right / max(1, sum(says for _, says in said))
    recall = right / max(1, sum(case.failed for case, _ in said))
    clean = [says for case, says in said if not case.failed and not case.fault_active]
    inert = [says for case, says in said if not case.failed and case.fault_active]
    residual = [says for case, says in said if case.residual]
    return {
        "F1": 2 * precision * recall / max(1e-9, precision + recall), "precision": precision, "recall": recall,
        "alarms on clean %": share(clean), "on inert faults %": share(inert), "residual found %": share(residual),
    }  # fmt: skip


def share(holds: Iterable[bool]) -> float | None:
    """The part of them that holds, in per cent; None of none."""
    known = list(holds)
    return 100 * sum(known) / len(known) if known else None


def placed(reads: Sequence[Read], files: Callable[[Read], Sequence[str]]) -> Row:
    """How often the faulty file is among the first."""
    found = [(read.case.module, list(files(read))) for read in reads if read.case.is_to_be_placed]
    return {f"top-{most} %": share(right in said[:most] for right, said in found) for most in (1, 3, 5)}


def projects(reads: Sequence[Read], says: Callable[[Read], str | None]) -> Row:
    """How often the project is right, for each that was at fault."""
    found: dict[str, list[bool]] = defaultdict(list)
    for read in reads:
        if read.case.is_to_be_placed and read.case.project:
            found[read.case.project].append(says(read) == read.case.project)
    return {f"{name} %": share(found[name]) for name in ("nova", "cinder", "neutron")} | {
        "all %": share(right for each in found.values() for right in each)
    }


def diagnosis_of(read: Read) -> Diagnosis:
    assert read.diagnosis is not None
    return read.diagnosis


def files_said(read: Read) -> list[str]:
    return [each.module or "" for each in diagnosis_of(read).findings]


def files_by_frames(read: Read) -> list[str]:
    return [name for name, _ in Counter(read.frames).most_common()]


def files_by_depth(read: Read) -> list[str]:
    return list(dict.fromkeys(reversed(read.frames[:FIRST_FRAMES])))


def project_said(read: Read) -> str | None:
    return next((name for name, _ in diagnosis_of(read).projects), None)


def guesser(tuned: Sequence[Read]) -> tuple[Callable[[Read], bool], Callable[[Read], str | None]]:
    """What is commonest among runs with the same log files: all that their names tell. It must be chance."""
    failed: dict[tuple[str, ...], list[bool]] = defaultdict(list)
    project: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for read in tuned:
        failed[read.files].append(read.case.failed)
        if read.case.is_to_be_placed and read.case.project:
            project[read.files][read.case.project] += 1
    usual = sum(read.case.failed for read in tuned) / max(1, len(tuned))
    return (
        lambda read: sum(failed.get(read.files, ())) > usual * len(failed.get(read.files, ())),
        lambda read: commonest(project.get(read.files, ())),
    )


def commonest(names: Iterable[str]) -> str | None:
    """The name that is there most often; None when there is none."""
    return next((name for name, _ in Counter(names).most_common(1)), None)


def reliability(reads: Sequence[Read]) -> list[Row]:
    """Of findings that are so sure, how many are right; what stayed broken has no known file and is left out."""
    return by_sureness(
        (each.confidence, each.module == read.case.module)
        for read in reads
        if not read.case.residual
        for each in diagnosis_of(read).findings
    )


def judged_unseen(reads: Sequence[Read], fold_of: Callable[[Read], int]) -> dict[int, list[Read]]:
    """The runs of each fold, diagnosed with weights that were fitted to those of the others."""
    import diagnosis_fit as fitting  # needs scipy, which only this does

    found = {}
    for fold in sorted({fold_of(read) for read in reads}):
        others = [read for read in reads if fold_of(read) != fold]
        weighed = fitting.fitted(others, fitting.Placing(others))
        cases = [read.case for read in reads if fold_of(read) == fold]
        found[fold] = list(read_all(cases, is_diagnosed=True, weighed=weighed))
    return found


def tell_folds(everything: Sequence[Read], *, as_json: bool) -> None:
    """Show what is found in runs that were not seen in fitting."""
    from diagnosis_fit import fold_of as fifth_of

    halves = judged_unseen(everything, lambda read: read.case.half)
    for half, reads in halves.items():
        others = [read for read in everything if read.case.half != half]
        tell(f"half {half}, not seen in fitting", reads, others, as_json=as_json)
    tell("both halves, each not seen in fitting", [*halves[TUNED_ON], *halves[HELD_OUT]], (), as_json=as_json)
    fifths = judged_unseen(everything, fifth_of)
    tell(
        "five folds, each not seen in fitting", [read for each in fifths.values() for read in each], (), as_json=as_json
    )


def tell(which: str, reads: Sequence[Read], others: Sequence[Read], *, as_json: bool) -> None:
    """Show how these runs are judged; from `others`, if there are any, the guesser learns."""
    guess_failed, guess_project = guesser(others)
    seconds = [read.seconds for read in reads]
    facts = {
        "runs": len(reads), "failed": sum(read.case.failed for read in reads),
        "with a place to find": sum(read.case.is_to_be_placed for read in reads),
        "seconds a run": f"{statistics.median(seconds):.2f} (longest {max(seconds):.2f})",
    }  # fmt: skip
    told = {"as_json": as_json}
    show(f"Failed or not ({which})", [
        {"by": "ostler diagnose", **scored(reads, lambda read: diagnosis_of(read).verdict is Verdict.FAILURE)},
        {"by": "any ERROR", **scored(reads, lambda read: bool(read.errors))},
        *([{"by": "which files there are", **scored(reads, guess_failed)}] if others else []),
        {"by": "always failed (chance)", **scored(reads, lambda _: True)},
    ], **told, **facts)  # fmt: skip
    show(f"Said to be healthy, unsure or failed ({which})", [
        {"runs": name, **{each.value: sum(diagnosis_of(read).verdict is each for read in chosen) for each in Verdict}}
        for name, chosen in kinds(reads)
    ], **told)  # fmt: skip
    show(f"The faulty file, of runs that failed with the fault there ({which})", [
        {"by": "ostler diagnose", **placed(reads, files_said)},
        {"by": "commonest in tracebacks", **placed(reads, files_by_frames)},
        {"by": "innermost of the first traceback first", **placed(reads, files_by_depth)},
    ], **told)  # fmt: skip
    show(f"The project at fault, of the same runs ({which})", [
        {"by": "ostler diagnose", **projects(reads, project_said)},
        {"by": "most ERROR lines", **projects(reads, lambda read: commonest(name for _, name in read.errors))},
        {"by": "earliest ERROR line", **projects(reads, lambda read: min(read.errors)[1] if read.errors else None)},
        *([{"by": "which files there are", **projects(reads, guess_project)}] if others else []),
    ], **told)  # fmt: skip
    show(f"How sure findings are, and how often they are right ({which})", reliability(reads), **told)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--all", action="store_true", help="score both halves")
    parser.add_argument("--fold", action="store_true", help="fit anew, and score only what the fitting did not see")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    everything = list(read_all(cases_in(asked.folder), is_diagnosed=not asked.fold))
    if asked.fold:
        tell_folds(everything, as_json=asked.json)
        return
    tuned = [read for read in everything if read.case.half == TUNED_ON]
    reads = everything if asked.all else [read for read in everything if read.case.half == HELD_OUT]
    which = "both halves" if asked.all else "one half"
    tell(f"{which}, seen in fitting", reads, tuned, as_json=asked.json)


def kinds(reads: Sequence[Read]) -> list[tuple[str, list[Read]]]:
    """The runs by what is known of them."""
    return [
        ("failed, fault there", [read for read in reads if read.case.is_to_be_placed]),
        ("failed, fault gone again", [read for read in reads if read.case.residual]),
        ("fault without effect", [read for read in reads if not read.case.failed and read.case.fault_active]),
        ("clean", [read for read in reads if not read.case.failed and not read.case.fault_active]),
    ]


if __name__ == "__main__":
    main()
