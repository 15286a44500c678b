"""The README with its excerpt of a plan, which is that of a golden plan."""

from __future__ import annotations

from pathlib import Path

README = Path(__file__).parents[2] / "README.md"
BEGIN, END = "<!-- plan: written by make golden -->", "<!-- end of plan -->"
HEAD_LINES, STAGE_LINES = 8, 12
SHOWN = ("Upgrade keystone,", "Run the contract commands")


def readme_with(plan: str) -> str:
    """Return the README's text with the excerpt of this plan."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n```text\n{_excerpt(plan)}\n```\n{END}{after}"


def _excerpt(plan: str) -> str:
    lines = plan.splitlines()
    parts = ["\n".join(lines[:HEAD_LINES])]
    for title in SHOWN:
        at = next(number for number, line in enumerate(lines) if line[4:].startswith(title))
        stage = lines[at : at + STAGE_LINES]
        end = stage.index("") if "" in stage else len(stage)
        parts.append("\n".join(stage[:end]))
    return "\n    …\n\n".join(parts) + "\n    …"
