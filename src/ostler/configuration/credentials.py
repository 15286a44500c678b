"""Service users in the words of keystoneauth's plugins, and the domains they are found by."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ostler.catalog.config_known import Credentials
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.draft import Draft, refers
from ostler.configuration.file import Block
from ostler.configuration.groups import PLUGIN_CHOOSERS

PLUGIN = "auth_type"
PASSWORD = "password"
BY_PASSWORD = ("password", "v3password")
ADDRESS = "auth_url"
ENDPOINT = "endpoint_override"
PART_DEFAULTS = ("https", "127.0.0.1", "35357", "")
"""Those of auth_protocol, auth_host, auth_port and auth_admin_prefix."""

V2 = re.compile(r"/v2\.0/?$")
DEFAULT_DOMAIN = "Default"
USER_DOMAIN = ("user_domain_name", "user_domain_id")
PROJECT_DOMAIN = ("project_domain_name", "project_domain_id")
FOUND_BY = (("username", USER_DOMAIN), ("project_name", PROJECT_DOMAIN), ("tenant_name", PROJECT_DOMAIN))
"""A name, and the options of which one has to stand beside it; the first is put in. `tenant_name` is an old name of
project_name for one plugin and an option of another."""

OF_ANOTHER = (("tenant_name", "project_name"), ("tenant_id", "project_id"))
"""Old names for the plugin `password`, and options of keystone's v2 (keystoneauth1/loading/identity.py in the wheel
5.13.1; 2026-11-27)."""

OF_BOTH = ("default_domain_name", "default_domain_id")


def carry_credentials(draft: Draft) -> None:
    """Write every group's service user in the new words."""
    for each in draft.known.credentials:
        if each.is_of(draft.project):
            _carry_group(draft, each)


def add_domains(draft: Draft) -> None:
    """Put in the domains of users and projects that are named without one, and leave v2 out of keystone's address."""
    for group in _by_password(draft):
        for block in draft.lines(group, ADDRESS):
            if V2.search(block.value):
                draft.changed(block, "ends without the version now", draft.known.domains.why)
                block.set_value(V2.sub("", block.value))
        for old, new in OF_ANOTHER if draft.file.value(group, PLUGIN) == PASSWORD else ():
            if (PLUGINS, new) in draft.succession.after:
                draft.rename(draft.lines(group, old), (group, new), "the plugin calls it so")
    for group, block, domain in domains_missing(draft):
        draft.file.add(group, domain, DEFAULT_DOMAIN)
        draft.changed(block, f"{domain} = {DEFAULT_DOMAIN} was put in", draft.known.domains.why)


def domains_missing(draft: Draft) -> Iterator[tuple[str, Block, str]]:
    """Where a user or project is named without a domain: the group, the line that names it, and the option to put in.

    What is put in meanwhile counts for what comes after: a group may be there in two spellings.
    """
    for group in _by_password(draft):
        if any(draft.lines(group, name) for name in OF_BOTH):
            continue
        for name, domains in FOUND_BY:
            lines = draft.lines(group, name)
            if lines and not any(draft.lines(group, domain) for domain in domains):
                yield group, lines[-1], domains[0]


def in_old_words(draft: Draft, each: Credentials) -> list[Block]:
    """The lines that name a group's service user in its old words; those of an address in pieces come last."""
    return [block for name in (*each.names, *each.parts) for block in draft.lines(each.group, name)]


def has_plugin(draft: Draft, group: str) -> bool:
    """Whether a group chooses the plugin that reads it."""
    return any(draft.lines(group, name) for name in PLUGIN_CHOOSERS)


def heir_beside_plugin(draft: Draft, each: Credentials, name: str) -> str | None:
    """The new word of an old one that counts also where a plugin is chosen; None for others, and where it is set."""
    new = each.names.get(name)
    return new if new in (ENDPOINT, ADDRESS) and not draft.lines(each.group, new) else None


def _by_password(draft: Draft) -> list[str]:
    """The groups from which a plugin reads a name and a password."""
    return [
        group
        for group in dict.fromkeys(draft.file.groups)
        if PLUGINS in draft.after.homes(group) and draft.file.value(group, PLUGIN) in BY_PASSWORD
    ]


def _carry_group(draft: Draft, each: Credentials) -> None:
    lines = in_old_words(draft, each)
    if not lines:
        return
    if has_plugin(draft, each.group):
        for block in lines:
            new = each.names.get(block.place[1])
            if new and _is_known(draft, each.group, block.place[1], new):
                continue
            heir = heir_beside_plugin(draft, each, block.place[1])
            if heir:
                draft.rename([block], (each.group, heir), each.why)
            else:
                draft.remove(block, f"{PLUGIN} is set, and its plugin does not read it", each.why)
        return
    parts = [block for block in lines if block.place[1] in each.parts]
    if any(refers(block.value) for block in parts):
        draft.ask(parts[0], f"write {ADDRESS} by hand: a value refers to another option with $", each.why)
        return
    for name, new in each.names.items():
        if not _is_known(draft, each.group, name, new):
            draft.rename(draft.lines(each.group, name), (each.group, new), each.why)
    _join_parts(draft, each, parts)
    draft.file.add(each.group, PLUGIN, PASSWORD)
    draft.changed(lines[0], f"{PLUGIN} = {PASSWORD} was put in: the plugin that reads these words", each.why)


def _is_known(draft: Draft, group: str, name: str, new: str) -> bool:
    """Whether the target still reads the old word, and not yet the new one."""
    return draft.after.find(group, new) is None and draft.after.find(group, name) is not None


def _join_parts(draft: Draft, each: Credentials, parts: list[Block]) -> None:
    """One address in place of its pieces, unless there is one already."""
    if not parts:
        return
    if draft.lines(each.group, ADDRESS):
        for block in parts:
            draft.remove(block, f"{ADDRESS} is set, and counts", each.why)
        return
    values = [draft.file.value(each.group, name) for name in each.parts]
    protocol, host, port, path = (
        default if value is None else value for value, default in zip(values, PART_DEFAULTS, strict=True)
    )
    first, *others = sorted(parts, key=draft.file.blocks.index)
    draft.changed(first, f"became part of {ADDRESS}", each.why)
    first.rename(ADDRESS)
    first.set_value(f"{protocol}://{_bracketed(host)}:{port}{path}")
    for block in others:
        draft.changed(block, f"became part of {ADDRESS}")
        draft.file.remove(block)


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host and not host.startswith("[") else host
