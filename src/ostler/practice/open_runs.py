"""Runs of Ostler on a practice cloud that have not ended. They end with their cloud: nobody can go on with them then.

Runs that the journal of this machine knows. A real cloud may have the same name, so the cloud itself is compared too.
"""

from __future__ import annotations

import contextlib

from ostler.cloud.file import read_cloud_file
from ostler.errors import OstlerError
from ostler.execution.home import Home, find_home
from ostler.execution.journal import Journal
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs
from ostler.practice.layout import Layout

WHY = "its practice cloud was taken down"


def find(layout: Layout, home: Home | None = None) -> list[str]:
    """The open runs on a cloud, the newest first; none when the cloud file or the journal cannot be read."""
    try:
        digest = read_cloud_file(layout.cloud_file).digest()
        runs = list_runs(home or find_home())
    except OstlerError:
        return []
    return [run.id for run in runs if run.state.is_open and (run.cloud, run.cloud_digest) == (layout.name, digest)]


def end(layout: Layout, home: Home | None = None) -> list[str]:
    """End the open runs on a cloud that is no more, with what they had lent; the runs.

    One that cannot be ended stays open, and `ostler runs` shows it.
    """
    home = home or find_home()
    ended: list[str] = []
    for run in find(layout, home):
        with contextlib.suppress(OstlerError), contextlib.closing(Journal(home)) as journal:
            for loan in journal.loans.open(run):
                journal.loans.returned(loan)
            journal.runs.set_state(run, RunState.CANCELLED, WHY)
            ended.append(run)
    return ended
