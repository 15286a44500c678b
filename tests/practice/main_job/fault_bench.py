"""Makes faults on a practice cloud and has them diagnosed and mended, as the benchmark of all faults does, which also
says what is right; `ostler` is run as the operator of the tests runs it."""

from __future__ import annotations

from typing import Any

import yaml
from diagnosis_faults import EXPECTED, Bench
from practice_operator import PracticeOperator

LONGEST_S = 900.0
"""A cluster may take minutes to be well again after it was mended."""

RIGHT: dict[str, Any] = yaml.safe_load(EXPECTED.read_text())["faults"]


class OperatorsBench(Bench):
    """The bench of the benchmark, with the operator's journal and credentials; no diagnosis may fail in an odd way."""

    def __init__(self, cloud: PracticeOperator) -> None:
        super().__init__(cloud.name, str(cloud.cloud_file))
        self.operator = cloud

    def run(self, *arguments: str) -> tuple[int, str, float]:
        codes = (
            (0, 1, 2) if arguments[0] == "practice" else (0, 1)
        )  # a fault that cannot be made is told by what runs it
        done = self.operator.ostler(*arguments, code=codes, timeout_s=LONGEST_S)
        return done.code, done.stdout, done.seconds
