"""A file carried over to another release: only what must change, every change explained, questions asked.

What counts for the service stays what it was; what needs a decision is asked and left as it is. Carrying a carried file
over again changes nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from ostler.catalog.config_known import ConfigKnown
from ostler.configuration.carrying import carry_options
from ostler.configuration.credentials import add_domains, carry_credentials
from ostler.configuration.draft import Draft, Explanation, Told
from ostler.configuration.file import parse_config
from ostler.configuration.known_cases import (
    ask_for_driver,
    carry_known_places,
    carry_known_values,
    carry_policy_file,
)
from ostler.configuration.lint import demand_oslo
from ostler.configuration.messaging import carry_messaging
from ostler.configuration.succession import Succession
from ostler.errors import InputError

STEPS = (
    carry_messaging,
    carry_known_places,
    carry_credentials,
    carry_options,
    add_domains,
    carry_known_values,
    ask_for_driver,
    carry_policy_file,
)
"""In this order: what has several old options at once comes before the options one by one."""

MOST_LINES = 5


@dataclass(frozen=True)
class Migration:
    """The new text, and everything that is to be said, by the lines of the old one."""

    text: str
    said: tuple[Explanation, ...]

    def of(self, told: Told) -> tuple[Explanation, ...]:
        return tuple(each for each in self.said if each.told is told)


def migrate(name: str, text: str, succession: Succession, known: ConfigKnown) -> Migration:
    """A configuration file of oslo.config, or a policy file in JSON, for the target release.

    Raises InputError `config.unreadable` for lines that oslo.config cannot read, `config.not-of-oslo` for other files,
    and `config.bad-policy` for a policy file that is none.
    """
    if text.lstrip().startswith("{"):
        return _policy(name, text, known)
    file = parse_config(text)
    demand_oslo(name, file)
    if file.problems:
        lines = "; ".join(f"line {block.number}: {block.problem}" for block in file.problems[:MOST_LINES])
        raise InputError(
            "config.unreadable",
            f"{name} cannot be read by oslo.config: {lines}",
            do_next="correct these lines first; ostler config lint lists all of them",
        )
    draft = Draft(file, succession, known)
    for step in STEPS:
        step(draft)
    return Migration(file.text, _by_line(draft.said))


def migrate_text(text: str, project: str, known: ConfigKnown) -> Migration:
    """A file that is none of oslo.config, in which only texts are replaced."""
    said = []
    for each in known.replacements:
        if each.is_of(project):
            for number, line in enumerate(text.splitlines(), 1):
                if each.old in line:
                    what = f"{each.old} is called {each.new} now"
                    said.append(Explanation(Told.CHANGED, number, each.old, what, each.why))
            text = text.replace(each.old, each.new)
    return Migration(text, _by_line(said))


def is_text_only(project: str, known: ConfigKnown) -> bool:
    """Whether all that is known of a project's files are texts to be replaced."""
    return any(project in each.projects for each in known.replacements)


def _policy(name: str, text: str, known: ConfigKnown) -> Migration:
    try:
        rules = json.loads(text, object_pairs_hook=list)
        pairs = [(str(rule), check) for rule, check in rules]
    except (ValueError, TypeError) as error:
        raise InputError(
            "config.bad-policy",
            f"{name} is no policy file in JSON: {error}",
            do_next="correct it; a policy file is an object of names and rules",
        ) from None
    lines = [f"{_quoted(rule)}: {_quoted(check)}\n" for rule, check in pairs]
    said = Explanation(
        Told.CHANGED, 1, name, f"{len(pairs)} rules written as YAML, in their order", known.policy_file.why
    )
    return Migration("".join(lines) or "{}\n", (said,))


def _quoted(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _by_line(said: list[Explanation]) -> tuple[Explanation, ...]:
    return tuple(sorted(said, key=lambda each: each.line))
