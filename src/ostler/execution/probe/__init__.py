"""The probe: a process of its own that uses every API of a cloud, all the time, without retries.

It asks each API through the endpoints of the token's catalog (so through the virtual address) at least five times
a second for something real, over kept-alive and over fresh connections, and writes too: servers, volumes, networks,
projects, slow uploads. It also asks each API directly on each controller. What it saw lies as JSON lines in its folder;
`figures` reads it.

`process` is the side of the run that starts and stops it; `figures` is pure; everything else runs inside the
probe. The probe needs nothing of the run: it ends by itself when its parent is gone, and deletes what it made.
"""

from ostler.execution.probe.direct import Backend
from ostler.execution.probe.figures import Figures, figures, over_budget
from ostler.execution.probe.naming import OBJECT_PREFIX
from ostler.execution.probe.process import ProbeProcess, current_lines

__all__ = ["OBJECT_PREFIX", "Backend", "Figures", "ProbeProcess", "current_lines", "figures", "over_budget"]
