"""Write every golden document anew: `make golden`. The diff is to be reviewed."""

from __future__ import annotations

from pathlib import Path

from tests.golden.readme import README, readme_with
from tests.golden.recorded import GOLDEN_PLANS, plan_of, rehearsed_plan_of
from tests.golden.replaced import GOLDEN as REPLACED
from tests.golden.replaced import replacement_text
from tests.meta import list_codes

from ostler.cli.plans import plan_schema
from ostler.planning.model import plan_to_json
from ostler.reporting.diagnosis_document import diagnosis_schema
from ostler.reporting.event_document import events_schema
from ostler.reporting.log_document import logs_schema
from ostler.reporting.plan_text import plan_text
from ostler.reporting.rehearsal_document import rehearsal_schema
from ostler.reporting.report_model import report_schema
from ostler.reporting.status_model import status_schema

SCHEMAS = Path(__file__).parents[2] / "docs" / "schemas"


def documents() -> dict[Path, str]:
    """Every golden document, by where it is kept."""
    found = {
        SCHEMAS / "logs.json": logs_schema(),
        SCHEMAS / "diagnosis.json": diagnosis_schema(),
        SCHEMAS / "events.json": events_schema(),
        SCHEMAS / "plan.json": plan_schema(),
        SCHEMAS / "rehearsal.json": rehearsal_schema(),
        SCHEMAS / "report.json": report_schema(),
        SCHEMAS / "status.json": status_schema(),
    }
    for golden in GOLDEN_PLANS:
        plan = plan_of(golden)
        found[golden.folder / "plan.txt"] = plan_text(plan)
        found[golden.folder / "plan.json"] = plan_to_json(plan)
        found[golden.folder / "plan-rehearsed.txt"] = plan_text(rehearsed_plan_of(golden))
    found |= {path: replacement_text(source) for source, path in REPLACED.items()}
    found[README] = readme_with(found[GOLDEN_PLANS[0].folder / "plan.txt"])
    return found


def main() -> None:
    for path, text in documents().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(path.relative_to(Path.cwd()))
    list_codes.write()
    for path in (list_codes.PAGE, list_codes.CODES):
        print(path.relative_to(Path.cwd()))


if __name__ == "__main__":
    main()
