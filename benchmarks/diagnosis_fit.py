"""Fit the weights of the diagnosis to labelled cases, and write them as data.

    .venv/bin/uv run --with scikit-learn --with-editable . python benchmarks/diagnosis_fit.py FOLDER [--check] [--all]

FOLDER holds the cases as `benchmarks/diagnosing/cases.py` says. Two additive models: whether users saw a failure
(logistic regression), and where it is (a conditional logit over the functions of a run's candidate files, with
`elsewhere` as one more; a file has what its functions have together). Both are drawn towards 0 (L2); runs of one faulty
function weigh less each the more of them there are. `--check`
prints, without writing, what five-fold cross-validation by function says: every run is judged by weights that were
fitted without its function.

Those that are kept are fitted to all cases (`--all`). Without it they are fitted to one half, so that
`diagnosis_cases.py` can score the other; fit to all again afterwards.
"""

from __future__ import annotations

import argparse
import hashlib
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import yaml
from diagnosing.cases import TUNED_ON, Read, cases_in, read_all
from scipy.optimize import minimize

from ostler.diagnosis.diagnosing import FAILURE_FROM, HEALTHY_BELOW, project_shares, ranked
from ostler.diagnosis.weighing import ELSEWHERE, logistic, spread

WEIGHTS = Path(__file__).parents[1] / "src" / "ostler" / "diagnosis" / "data" / "weights.yaml"
DRAWN_FAILURE, DRAWN_PLACE = 0.05, 0.3
DRAWN_KINDS, KINDS = 16.0, ("is a", "is o", "is p", "holds", "how much")
"""Clues of what kind of file it is are drawn so many times more: they would else learn which files were faulty."""

FOLDS = 5
SYMPTOM = {"the symptom is about its project": 1.0}
HEAD = """# What evidence is worth, in two additive models (see ostler/diagnosis/weighing.py).
#
# Fitted by benchmarks/diagnosis_fit.py to labelled runs of a cloud of release Pike with one fault in each. `failure`:
# logistic regression of whether users saw a failure. `place`: conditional logit over the functions that some
# clue points to, a file has what its functions have together; `elsewhere` is all others. No weight is about one file or
# function. Above 0 speaks for, below 0 against. What stands in brackets is a case of what stands before them: both
# count, so that what holds for all cases helps where one is rare. The symptom's weight is set by hand: no run has one.
"""


def fit_failure(reads: Sequence[Read]) -> dict[str, float]:
    """Weights of the clues that users saw a failure."""
    names = sorted({name for read in reads for name in read.failing})
    clues = np.array([[*(read.failing.get(name, 0.0) for name in names), 1.0] for read in reads])
    failed = np.array([1.0 if read.case.failed else -1.0 for read in reads])
    drawn = np.array([DRAWN_FAILURE] * len(names) + [0.0])

    def loss(worth: np.ndarray) -> tuple[float, np.ndarray]:
        margin = failed * (clues @ worth)
        value = np.logaddexp(0.0, -margin).sum() + 0.5 * (drawn * worth**2).sum() * len(names)
        slope = -(clues.T @ (failed / (1.0 + np.exp(margin)))) + drawn * worth * len(names)
        return float(value), slope

    found = minimize(loss, np.zeros(len(names) + 1), jac=True, method="L-BFGS-B").x
    return dict(zip([*names, "always"], map(float, found), strict=True))


class Placing:
    """The runs with a place to find, as matrices: one row a function of a candidate, the last one for `elsewhere`."""

    def __init__(self, reads: Sequence[Read]) -> None:
        self.reads = [read for read in reads if read.case.is_to_be_placed]
        self.names = sorted(
            {
                name
                for read in self.reads
                for places in read.placing.values()
                for clues in places.values()
                for name in clues
            }
        )
        kinds = [DRAWN_KINDS if name.startswith(KINDS) else 1.0 for name in self.names]
        self.drawn = np.array([*kinds, 1.0])
        self.rows = {read.case.name: self._matrix(read) for read in self.reads}

    def _matrix(self, read: Read) -> tuple[np.ndarray, np.ndarray]:
        """The rows, and which of them are right: the faulty function, else all of its file, else `elsewhere`."""
        found = [(module, name, clues) for module, each in read.placing.items() for name, clues in each.items()]
        rows = np.zeros((len(found) + 1, len(self.names) + 1))
        place = {name: at for at, name in enumerate(self.names)}
        for at, (_, _, clues) in enumerate(found):
            for name, strength in clues.items():
                rows[at, place[name]] = strength
        rows[-1, -1] = 1.0
        of_file = [module == read.case.module for module, _, _ in found]
        exact = [right and name == read.case.function for right, (_, name, _) in zip(of_file, found, strict=True)]
        right = exact if any(exact) else of_file
        return rows, np.array([*right, not any(right)])

    def fit(self, reads: Sequence[Read], drawn: float = DRAWN_PLACE) -> np.ndarray:
        """Weights of the clues, and of `elsewhere` as the last."""
        often = Counter(read.case.key for read in reads)

        def loss(worth: np.ndarray) -> tuple[float, np.ndarray]:
            value, slope = 0.5 * drawn * float(self.drawn @ worth**2), drawn * self.drawn * worth
            for read in reads:
                rows, right = self.rows[read.case.name]
                shares = _shares(rows @ worth)
                counts = often[read.case.key] ** -0.5
                those = shares * right
                value -= counts * float(np.log(those.sum() + 1e-12))
                slope = slope + counts * (rows.T @ (shares - those / (those.sum() + 1e-12)))
            return value, slope

        return np.asarray(minimize(loss, np.zeros(len(self.names) + 1), jac=True, method="L-BFGS-B").x)

    def ranks(self, reads: Sequence[Read], worth: np.ndarray) -> list[int]:
        """The rank of the faulty file in each run; a large number when it is no candidate."""
        found = []
        weights = dict(zip([*self.names, ELSEWHERE], map(float, worth), strict=True))
        for read in reads:
            shares = spread(read.placing, weights)
            of_others = [share for name, share in shares.items() if name not in (ELSEWHERE, read.case.module)]
            right = shares.get(read.case.module or "")
            found.append(10_000 if right is None else 1 + sum(share > right for share in of_others))
        return found


def _shares(scores: np.ndarray) -> np.ndarray:
    parts = np.exp(scores - scores.max())
    return np.asarray(parts / parts.sum())


def check(placing: Placing, reads: Sequence[Read]) -> None:
    """Print what is found in runs whose functions were left out of the fitting."""
    sure: dict[str, float] = {}
    for fold in range(FOLDS):
        worth = fit_failure([read for read in reads if fold_of(read) != fold])
        sure |= {read.case.name: logistic(read.failing, worth) for read in reads if fold_of(read) == fold}
    said = {name: share >= FAILURE_FROM for name, share in sure.items()}
    right = sum(read.case.failed and said[read.case.name] for read in reads)
    wrong = sum(read.case.failed != said[read.case.name] for read in reads)
    clean = [said[read.case.name] for read in reads if not read.case.failed and not read.case.fault_active]
    left = [said[read.case.name] for read in reads if read.case.residual]
    print(f"failed or not: F1 {2 * right / (2 * right + wrong):.3f}, alarms on {sum(clean)} of {len(clean)} clean runs")
    print(f"left broken: {sum(left)} of {len(left)} found")
    for drawn in (0.1, 0.3, 1.0, 2.0):
        ranks: list[int] = []
        for fold, worths in enumerate(_worths_by_fold(placing, drawn)):
            ranks += placing.ranks([read for read in placing.reads if fold_of(read) == fold], worths)
        told = "  ".join(
            f"top-{most} {100 * sum(rank <= most for rank in ranks) / len(ranks):.1f} %" for most in (1, 3, 5)
        )
        print(f"drawn {drawn}: {told}  of {len(ranks)}")
    by_fold = _worths_by_fold(placing, DRAWN_PLACE)
    tell_places(
        reads, sure, [dict(zip([*placing.names, ELSEWHERE], map(float, each), strict=True)) for each in by_fold]
    )


def _worths_by_fold(placing: Placing, drawn: float) -> list[np.ndarray]:
    return [placing.fit([read for read in placing.reads if fold_of(read) != fold], drawn) for fold in range(FOLDS)]


def tell_places(reads: Sequence[Read], sure: Mapping[str, float], worths: Sequence[Mapping[str, float]]) -> None:
    """Print how often the project is right, and how often files that are said to be so sure."""
    projects: dict[str, list[bool]] = defaultdict(list)
    found: dict[int, list[tuple[float, bool]]] = defaultdict(list)
    for read in reads:
        shares = spread(read.placing, worths[fold_of(read)])
        best = next((name for name, _ in project_shares(shares)), None)
        if read.case.is_to_be_placed and read.case.project:
            projects[read.case.project].append(best == read.case.project)
        if sure[read.case.name] >= HEALTHY_BELOW and not read.case.residual:
            for name in ranked(shares, sure[read.case.name]):
                confidence = shares[name] * sure[read.case.name]
                found[min(9, int(confidence * 10))].append((confidence, name == read.case.module))
    for project, right in sorted(projects.items()):
        print(f"project: {project} {100 * sum(right) / len(right):.0f} % of {len(right)}")
    for step, each in sorted(found.items()):
        said, right = (100 * sum(column) / len(each) for column in zip(*each, strict=True))
        print(
            f"files said to be {10 * step} to {10 * step + 10} % sure: {len(each)}, {said:.0f} said, {right:.0f} right"
        )


def fold_of(read: Read) -> int:
    """The fold of five that a run is in, with all runs of its faulty function."""
    return hashlib.sha256(f"fold {read.case.key}".encode()).digest()[1] % FOLDS


def fitted(reads: Sequence[Read], placing: Placing) -> dict[str, dict[str, float]]:
    """The weights of both models, fitted to these runs."""
    place = dict(zip([*placing.names, ELSEWHERE], map(float, placing.fit(placing.reads)), strict=True))
    return {"failure": fit_failure(reads), "place": place | SYMPTOM}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--all", action="store_true", help="use both halves: nothing is left then to score it with")
    asked = parser.parse_args()
    cases = [case for case in cases_in(asked.folder) if asked.all or case.half == TUNED_ON]
    reads = list(read_all(cases, is_diagnosed=False))
    placing = Placing(reads)
    if asked.check:
        check(placing, reads)
        return
    models = fitted(reads, placing)
    rounded = {model: {name: round(worth, 2) for name, worth in found.items()} for model, found in models.items()}
    WEIGHTS.write_text(HEAD + yaml.safe_dump(rounded, sort_keys=True, width=120, allow_unicode=True))
    print(f"{len(reads)} runs, {len(placing.reads)} with a place to find: {WEIGHTS.name} is written")


if __name__ == "__main__":
    main()
