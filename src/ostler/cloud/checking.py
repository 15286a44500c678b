"""What a cloud file must say beyond its keys: names that can be trusted, and hosts that exist."""

from __future__ import annotations

from collections.abc import Callable

from ostler.catalog import load_catalog
from ostler.cloud.model import ROLES
from ostler.cloud.names import JUMP, LOGIN, PATH, is_address, is_name
from ostler.cloud.problems import Place, Problems, nearest
from ostler.cloud.schema import CloudEntry
from ostler.errors import InputError


def check(entry: CloudEntry, problems: Problems) -> None:
    """Put everything into `problems` that a cloud file with the right keys can still have wrong."""
    _names(entry, problems)
    _release(entry, problems)
    _hosts(entry, problems)
    for part in ("load_balancer", "databases", "messaging"):
        section = getattr(entry, part)
        if section is not None:
            _hosts_of(part, section.hosts, entry, problems)


def _names(entry: CloudEntry, problems: Problems) -> None:
    access, balancer = entry.access, entry.load_balancer
    _demand(problems, ("name",), entry.name, is_name, "cannot be the name of a cloud", "letters, digits, . _ -")
    _demand(problems, ("access", "user"), access.user, _fits(LOGIN.fullmatch), "cannot be a user's name")
    if access.proxy_jump is not None:
        _demand(problems, ("access", "proxy_jump"), access.proxy_jump, _fits(JUMP.fullmatch), "is not a host", "HOST")
    if balancer is not None:
        _demand(problems, ("load_balancer", "vip"), balancer.vip, is_address, "is not an address")
        _demand(problems, ("load_balancer", "socket"), balancer.socket, _fits(PATH.fullmatch), "is not a full path")


def _release(entry: CloudEntry, problems: Problems) -> None:
    try:
        load_catalog().release_of_cloud(entry.release)
    except InputError as error:
        problems.add(error.code, ("release",), f"{error.summary} ({error.expected})", error.do_next)


def _hosts(entry: CloudEntry, problems: Problems) -> None:
    at: dict[str, str] = {}
    for name, host in entry.hosts.items():
        place = ("hosts", name)
        _demand(problems, place, name, is_name, "cannot be the name of a host", "letters, digits, . _ -")
        _demand(problems, (*place, "address"), host.address, is_address, "is not an address")
        if host.domain is not None:
            _demand(problems, (*place, "domain"), host.domain, is_name, "cannot be the name of a failure domain")
        if host.known_as is not None:
            _demand(problems, (*place, "known_as"), host.known_as, is_name, "cannot be the name that services go by")
        if not host.roles:
            problems.add("cloud.no-role", (*place, "roles"), "a host needs a role", f"use one of {', '.join(ROLES)}")
        if host.address in at:
            problems.add("cloud.same-address", (*place, "address"), f"{at[host.address]} has this address already")
        at.setdefault(host.address, name)
    if not any("controller" in host.roles for host in entry.hosts.values()):
        problems.add("cloud.no-controller", ("hosts",), "no host has the role controller")


def _hosts_of(part: str, hosts: tuple[str, ...], entry: CloudEntry, problems: Problems) -> None:
    for index, name in enumerate(hosts):
        place: Place = (part, "hosts", index)
        if name not in entry.hosts:
            problems.add("cloud.unknown-host", place, f"there is no host {name!r}", nearest(name, entry.hosts))
        elif name in hosts[:index]:
            problems.add("cloud.host-twice", place, f"{name} is listed twice")


def _demand(
    problems: Problems, place: Place, value: str, is_good: Callable[[str], bool], text: str, advice: str = ""
) -> None:
    if not is_good(value):
        problems.add("cloud.bad-name", place, f"{value!r} {text}", f"use {advice}" if advice else "")


def _fits(match: Callable[[str], object]) -> Callable[[str], bool]:
    return lambda text: match(text) is not None
