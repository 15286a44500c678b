"""Old options and values that the harvested releases know no more, carried over by the hand-written table."""

from __future__ import annotations

from ostler.catalog.config_known import ValueChange
from ostler.catalog.option import DEFAULT
from ostler.configuration.draft import Draft, Told
from ostler.configuration.file import Block

QUANTUM = "quantum"
CALLED_QUANTUM = ("nova", "neutron")
POLICY_GROUPS = ("oslo_policy", DEFAULT)
POLICY_FILE = "policy_file"
JSON, YAML = ".json", ".yaml"
DRIVER = "mysql+pymysql"
"""What the environments that Ostler builds reach a database by; every release from Ocata on understands it."""


def carry_known_places(draft: Draft) -> None:
    """Rename and take out what the table lists, where the target release does not know it itself."""
    for group in draft.known.groups:
        for head in [block for block in draft.file.blocks if block.is_head and block.name == group.group]:
            draft.changed(head, f"is spelled [{group.new_group}] now", group.why, words=f"[{group.group}]")
            draft.file.rename_group(head, group.new_group)
    for rename in draft.known.renames:
        if rename.is_of(draft.project):
            lines = _unknown_lines(draft, rename.group, rename.option)
            draft.rename(lines, (rename.new_group, rename.new_option), rename.why)
    for removal in draft.known.removals:
        if removal.is_of(draft.project):
            for block in _unknown_lines(draft, removal.group, removal.option):
                draft.remove(block, "nothing reads it any more", removal.why)


def carry_known_values(draft: Draft) -> None:
    """Give the items of values their new names, and ask about those that the target release does not have."""
    for change in draft.known.values:
        if change.is_of(draft.project):
            for block in draft.lines(change.group, change.option):
                _carry_items(draft, block, change)
    if draft.project in CALLED_QUANTUM:
        asked = {each.line for each in draft.said if each.told is Told.DECIDE}
        for block in draft.file.options():
            if QUANTUM in block.value.lower() and block.number not in asked:
                asked.add(block.number)
                draft.ask(block, f"names {QUANTUM}: write what is meant", "quantum is called neutron since Havana")


def ask_for_driver(draft: Draft) -> None:
    """Ask about addresses of databases that name a driver of MySQL which the environments do not have."""
    for block in draft.file.options():
        scheme, is_address, _ = block.value.partition("://")
        if is_address and is_other_driver(scheme):
            draft.ask(block, f"write {DRIVER}:// there", "the environments of Ostler have no other driver of MySQL")


def is_other_driver(scheme: str) -> bool:
    """Whether the scheme of a database's address names a driver of MySQL other than DRIVER."""
    return scheme.startswith("mysql") and scheme != DRIVER


def carry_policy_file(draft: Draft) -> None:
    """Name the policy's file as YAML; carrying its rules over is asked, since without them the defaults count."""
    for group in POLICY_GROUPS:
        for block in draft.lines(group, POLICY_FILE):
            if block.value.endswith(JSON):
                old, new = block.value, block.value.removesuffix(JSON) + YAML
                why = draft.known.policy_file.why
                draft.changed(block, f"names {new} now", why)
                block.set_value(new)
                draft.ask(
                    block,
                    f"write {new} before a service starts: "
                    f"ostler config migrate --project {draft.project} --from {draft.succession.source} "
                    f"--to {draft.succession.target} {old} --out {new}",
                    "a service that does not find its rules takes the defaults without a word",
                )


def _unknown_lines(draft: Draft, group: str, option: str) -> list[Block]:
    lines = draft.lines(group, option)
    return lines if lines and draft.after.find(group, option) is None else []


def _carry_items(draft: Draft, block: Block, change: ValueChange) -> None:
    items = [item.strip() for item in block.value.split(",")]
    new = [change.items.get(item, item) for item in items]
    if new != items:
        carried = ", ".join(f"{item} is called {change.items[item]}" for item in items if item in change.items)
        draft.changed(block, f"{carried} now", change.why)
        block.set_value(",".join(new))
    for item, question in change.gone(block.value, draft.succession.later).items():
        draft.ask(block, f"decide what takes the place of {item}", question.why)
