"""What the tests of facts share: the recorded cases of tests/specs."""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "specs"))
