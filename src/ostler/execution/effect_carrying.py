"""Effects that bring files of one host to another, or write other addresses into them where they are."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable

from ostler.commands import Command
from ostler.configuration.addresses import WRITTEN_ANEW, readdressed
from ostler.configuration.edits import masked_difference
from ostler.errors import CommandFailed, Finding, InputError
from ostler.execution.effect_bench import Bench, CannotTell, EffectResult
from ostler.execution.effect_files import AS_THEY_ARE, changed, save
from ostler.facts.model import JsonValue, Unknown
from ostler.facts.shared_folders import folders_wanted
from ostler.masking import last_lines
from ostler.steps.effects import Carry, Save

SAME = ("sha256", "mode", "owner", "group")


def carry(bench: Bench, effect: Carry) -> EffectResult:
    """Copy or readdress files; those that are so already stay. Raises InputError when there is nothing to copy,
    CannotTell when the files could not be listed."""
    is_in_place = effect.host == effect.source
    there = bench.files(effect.source, *effect.paths)
    paths = [path for path in sorted(there) if not _is_left_out(path, effect.but)]
    if not paths:
        raise InputError(
            "execution.nothing-to-carry",
            f"{effect.source} has no file of these: {', '.join(effect.paths)}",
            do_next="see that they are where the plan was told they are, then make the plan again",
        )
    if is_in_place:
        save(bench, Save(effect.host, tuple(paths)))
    else:
        _make_folders(bench, effect, paths)
    present = bench.files(effect.host, *paths)
    found: list[Finding] = []
    written = 0
    for path in paths:
        before = bench.transport.fetch(effect.source, path)
        after = _readdressed(effect, path, before)
        about = there[path]
        if path in present and _is_so(bench, effect.host, path, present[path], about, after):
            continue
        bench.transport.put(
            effect.host, path, after, mode=int(about["mode"], 8), owner=about["owner"], group=about["group"]
        )
        written += 1
        found += _told(effect.host, path, before, after)
    return EffectResult(f"{written} of {len(paths)} files written", is_change=written > 0, findings=tuple(found))


def _is_left_out(path: str, but: Iterable[str]) -> bool:
    return any(path == each or (each.endswith("/") and path.startswith(each)) for each in but)


def _is_so(bench: Bench, host: str, path: str, present: JsonValue, about: JsonValue, after: bytes) -> bool:
    if any(present[name] != about[name] for name in SAME[1:]):
        return False
    return bench.transport.fetch(host, path) == after


def _readdressed(effect: Carry, path: str, content: bytes) -> bytes:
    """Only configuration: keys and whatever else lies beside it stay byte for byte."""
    if not effect.addresses or not path.endswith(WRITTEN_ANEW):
        return content
    return readdressed(content.decode(errors=AS_THEY_ARE), dict(effect.addresses)).encode(errors=AS_THEY_ARE)


def _told(host: str, path: str, before: bytes, after: bytes) -> list[Finding]:
    if before == after or not path.endswith(WRITTEN_ANEW):
        return []
    difference = masked_difference(before.decode(errors="replace"), after.decode(errors="replace"), path)
    return [changed(host, path, "written with other addresses", difference)]


def _make_folders(bench: Bench, effect: Carry, paths: Iterable[str]) -> None:
    """Folders below those that are copied get the mode and owner they have at the source."""
    roots = tuple(path.rstrip("/") for path in effect.paths if path.endswith("/"))
    folders = sorted({*roots, *(each for path in paths for each in _above(path, roots))})
    if not folders:
        return
    source, target = (_folders(bench, host, folders) for host in (effect.source, effect.host))
    for folder in folders:
        wished = {key: source[folder][key] for key in SAME[1:]} if folder in source else None
        if wished and {key: target.get(folder, {}).get(key) for key in SAME[1:]} != wished:
            _make_folder(bench, effect.host, folder, wished)


def _folders(bench: Bench, host: str, folders: Iterable[str]) -> dict[str, JsonValue]:
    request = folders_wanted(host, folders)
    value = bench.read([request])[request]
    if isinstance(value, Unknown):
        raise CannotTell(f"the folders on {host} could not be read: {value.reason}")
    return dict(value)


def _above(path: str, roots: tuple[str, ...]) -> Iterable[str]:
    folder = posixpath.dirname(path)
    while any(folder.startswith(f"{root}/") for root in roots):
        yield folder
        folder = posixpath.dirname(folder)


def _make_folder(bench: Bench, host: str, folder: str, wished: JsonValue) -> None:
    words = ("install", "-d", "-m", wished["mode"], "-o", wished["owner"], "-g", wished["group"], "--", folder)
    result = bench.transport.run(host, Command(words))
    if result.exit_code != 0:
        raise CommandFailed(
            "execution.folder-not-made",
            f"the folder {folder} could not be made on {host}",
            found="; ".join(last_lines(result.stderr)),
            do_next="see that its owner is a user there, then resume",
        )
