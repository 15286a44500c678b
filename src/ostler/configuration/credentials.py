"""Service users in the words of keystoneauth's plugins, and the domains they are found by."""

from __future__ import annotations

import re

from ostler.catalog.config_known import Credentials
from ostler.catalog.option_file import PLUGINS
from ostler.configuration.draft import Draft, refers
from ostler.configuration.file import Block
from ostler.configuration.groups import PLUGIN_CHOOSERS

PLUGIN = "auth_type"
PASSWORD = "password"
BY_PASSWORD = ("password", "v3password")
ADDRESS = "auth_url"
PART_DEFAULTS = ("https", "127.0.0.1", "35357", "")
"""Those of auth_protocol, auth_host, auth_port and auth_admin_prefix."""

V2 = re.compile(r"/v2\.0/?$")
DEFAULT_DOMAIN = "Default"
FOUND_BY = (
    ("username", "user_domain_name", ("user_domain_name", "user_domain_id")),
    ("project_name", "project_domain_name", ("project_domain_name", "project_domain_id")),
)
"""A name, the option put in beside it, and those that would make it needless."""

OF_BOTH = ("default_domain_name", "default_domain_id")


def carry_credentials(draft: Draft) -> None:
    """Write every group's service user in the new words."""
    for each in draft.known.credentials:
        if each.is_of(draft.project):
            _carry_group(draft, each)


def add_domains(draft: Draft) -> None:
    """Put in the domains of users and projects that are named without one, and leave v2 out of keystone's address."""
    for group in dict.fromkeys(draft.file.groups):
        if PLUGINS not in draft.after.homes(group) or draft.file.value(group, PLUGIN) not in BY_PASSWORD:
            continue
        for block in draft.lines(group, ADDRESS):
            if V2.search(block.value):
                draft.changed(block, "ends without the version now", draft.known.domains.why)
                block.set_value(V2.sub("", block.value))
        if any(draft.lines(group, name) for name in OF_BOTH):
            continue
        for name, domain, enough in FOUND_BY:
            lines = draft.lines(group, name)
            if lines and not any(draft.lines(group, other) for other in enough):
                draft.file.add(group, domain, DEFAULT_DOMAIN)
                draft.changed(lines[-1], f"{domain} = {DEFAULT_DOMAIN} was put in", draft.known.domains.why)


def _carry_group(draft: Draft, each: Credentials) -> None:
    old = [block for name in each.names for block in draft.lines(each.group, name)]
    parts = [block for name in each.parts for block in draft.lines(each.group, name)]
    if not old and not parts:
        return
    if any(draft.lines(each.group, name) for name in PLUGIN_CHOOSERS):
        for block in (*old, *parts):
            new = each.names.get(block.place[1])
            if new and _is_known(draft, each.group, block.place[1], new):
                continue
            if new and not draft.lines(each.group, new) and new in ("endpoint_override", ADDRESS):
                draft.rename([block], (each.group, new), each.why)
            else:
                draft.remove(block, f"{PLUGIN} is set, and its plugin does not read it", each.why)
        return
    if any(refers(block.value) for block in parts):
        draft.ask(parts[0], f"write {ADDRESS} by hand: a value refers to another option with $", each.why)
        return
    for name, new in each.names.items():
        if not _is_known(draft, each.group, name, new):
            draft.rename(draft.lines(each.group, name), (each.group, new), each.why)
    _join_parts(draft, each, parts)
    draft.file.add(each.group, PLUGIN, PASSWORD)
    draft.changed((*old, *parts)[0], f"{PLUGIN} = {PASSWORD} was put in: the plugin that reads these words", each.why)


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
