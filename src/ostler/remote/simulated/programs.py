"""The small programs of a simulated host: files, folders, links, disks and addresses."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence

from ostler.remote.simulated.machine import Machine, Outcome, failed
from ostler.remote.simulated.planes import holders
from ostler.remote.simulated.state import Entry

LINK_OPTIONS = ({"-sfnT"}, {"-sfn"}, {"-sfT"}, {"--symbolic", "--force", "--no-dereference"})


def _split(arguments: Sequence[str]) -> tuple[set[str], list[str]]:
    options: set[str] = set()
    rest: list[str] = []
    for place, word in enumerate(arguments):
        if word == "--":
            return options, rest + list(arguments[place + 1 :])
        (options.add if word.startswith("-") and len(word) > 1 else rest.append)(word)
    return options, rest


def mkdir(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    for path in _split(arguments)[1]:
        if machine.files.make_folder(path):
            machine.note(f"make folder {path}")
    return Outcome()


def ln(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    options, paths = _split(arguments)
    if options == {"-T"} and len(paths) == 2:
        return _hard_link(machine, *paths)
    if options not in LINK_OPTIONS or len(paths) != 2:
        return failed("ln: a simulated host makes hard links, and replaces symbolic links")
    target, path = paths
    there = machine.files.link(path)
    if there and there.kind == "folder":
        return failed(f"ln: {path}: cannot overwrite directory")
    if there is None or there.kind != "link" or there.target != target:
        machine.files.put(path, Entry("link", target=target, mode=0o777))
        machine.note(f"link {path} -> {target}")
    return Outcome()


def _hard_link(machine: Machine, source: str, path: str) -> Outcome:
    there = machine.files.entry(source)
    if there is None:
        return failed(f"ln: failed to access '{source}': No such file or directory")
    if machine.files.link(path) is not None:
        return failed(f"ln: failed to create hard link '{path}': File exists")
    machine.files.put(path, there)
    machine.note(f"link {path} to {source}")
    return Outcome()


def date(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    return Outcome(0, f"{int(machine.state.now + machine.host.clock_offset_s)}\n")


def rm(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    options, paths = _split(arguments)
    for path in paths:
        there = machine.files.link(path)
        if there is None and not any("f" in option for option in options):
            return failed(f"rm: cannot remove '{path}': No such file or directory")
        if there and there.kind == "folder" and not any("r" in option for option in options):
            return failed(f"rm: cannot remove '{path}': Is a directory")
        if machine.files.remove(path):
            machine.note(f"remove {path}")
    return Outcome()


def mv(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    source, target = _split(arguments)[1]
    if machine.files.link(source) is None:
        return failed(f"mv: cannot stat '{source}': No such file or directory")
    machine.files.move(source, target)
    machine.note(f"move {source} to {target}")
    return Outcome()


def cat(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    paths = _split(arguments)[1]
    if not paths:
        return Outcome(0, stdin.decode(errors="replace"))
    texts = [machine.files.text(path) for path in paths]
    for path, text in zip(paths, texts, strict=True):
        if text is None:
            return failed(f"cat: {path}: No such file or directory")
    return Outcome(0, "".join(text for text in texts if text is not None))


def readlink(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    options, (path,) = _split(arguments)
    if options & {"-f", "-e", "-m"}:
        return Outcome(0, machine.files.resolve(path) + "\n")
    there = machine.files.link(path)
    return Outcome(0, f"{there.target}\n") if there and there.kind == "link" else Outcome(1)


def sha256sum(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    lines = []
    for path in _split(arguments)[1]:
        there = machine.files.entry(path)
        if there is None or there.kind != "file":
            return failed(f"sha256sum: {path}: No such file or directory")
        lines.append(f"{hashlib.sha256(there.content).hexdigest()}  {path}\n")
    return Outcome(0, "".join(lines))


def df(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    host = machine.host
    used = round(100 * (1 - host.free_bytes / host.disk_bytes))
    rows = [f"{path} {host.free_bytes} {used}% 2000000" for path in _split(arguments)[1]]
    return Outcome(0, "\n".join(["File Avail Use% IFree", *rows]) + "\n")


def ip(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    """Show the addresses of the host that match `to ADDRESS`: its own, and the virtual one where it holds that."""
    if arguments[-1] == "show":
        return _links(machine)
    wanted = arguments[-1]
    own = [machine.host.address, *([machine.state.vip] if holders(machine.world) == [machine.host.name] else [])]
    found = [{"family": "inet", "local": address} for address in own if address == wanted]
    return Outcome(0, json.dumps([{"ifname": "host0", "addr_info": found}] if found else []))


def _links(machine: Machine) -> Outcome:
    """Every interface, with all that `ip` may be asked of one."""
    counted = {"packets": 100_000, "errors": 0}
    link = {"ifname": "host0", "flags": ["UP"], "mtu": 1500, "stats64": {"rx": counted, "tx": counted}}
    return Outcome(0, json.dumps([{**link, "addr_info": [{"family": "inet", "local": machine.host.address}]}]))


def true(machine: Machine, arguments: Sequence[str], stdin: bytes) -> Outcome:
    return Outcome()
