"""Effects on files of hosts: put, remove, save, edit. Each changes only what is not so already."""

from __future__ import annotations

import hashlib

from ostler.commands import Command
from ostler.configuration.addresses import WRITTEN_ANEW
from ostler.configuration.edits import edit_config, masked_difference
from ostler.errors import CommandFailed, Finding, InputError, Severity
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.records import SavedFile
from ostler.masking import last_lines
from ostler.steps.effects import EditConfig, Put, Remove, Save

AS_THEY_ARE = "surrogateescape"
"""How bytes that are no UTF-8, such as those of an old comment, survive being read as text and written again."""

CONFIG_CHANGED = "execution.config-changed"


def put(bench: Bench, effect: Put) -> EffectResult:
    """Write a file. Raises InputError when its saved bytes are not there."""
    content = effect.content if effect.content is not None else bench.vault.get(str(effect.blob))
    wished = {
        "sha256": hashlib.sha256(content).hexdigest(),
        "mode": f"{effect.mode:04o}",
        "owner": effect.owner,
        "group": effect.group,
    }
    present = bench.files(effect.host, effect.path).get(effect.path, {})
    if all(present.get(name) == value for name, value in wished.items()):
        return EffectResult("the file was so already", is_change=False)
    told = _difference(bench, effect, content, is_there=bool(present))
    bench.transport.put(effect.host, effect.path, content, mode=effect.mode, owner=effect.owner, group=effect.group)
    return EffectResult(f"wrote {len(content)} bytes, sha256 {wished['sha256'][:16]}", findings=told)


def _difference(bench: Bench, effect: Put, content: bytes, *, is_there: bool) -> tuple[Finding, ...]:
    """What becomes otherwise in a text whose options have names, by which secrets are known; nothing is told of others:
    a folder of configuration also holds keys."""
    if not effect.path.endswith(WRITTEN_ANEW):
        return ()
    try:
        before = bench.transport.fetch(effect.host, effect.path).decode() if is_there else ""
        difference = masked_difference(before, content.decode(), effect.path)
    except UnicodeDecodeError:
        return ()
    return (changed(effect.host, effect.path, "written", difference),) if difference else ()


def changed(host: str, path: str, how: str, difference: tuple[str, ...]) -> Finding:
    return Finding(CONFIG_CHANGED, Severity.NOTE, f"{host}:{path}", f"{path} on {host} was {how}", evidence=difference)


def remove(bench: Bench, effect: Remove) -> EffectResult:
    """Remove a file."""
    if effect.path not in bench.files(effect.host, effect.path):
        return EffectResult("there was no such file", is_change=False)
    result = bench.transport.run(effect.host, Command(("rm", "-f", "--", effect.path)))
    if result.exit_code != 0:
        raise CommandFailed(
            "execution.remove-failed",
            f"{effect.path} on {effect.host} could not be removed",
            found="; ".join(last_lines(result.stderr)),
        )
    return EffectResult("removed")


def save(bench: Bench, effect: Save) -> EffectResult:
    """Keep files in the vault; a path kept before in this run is left alone."""
    kept = {file.path for file in bench.journal.files.all(bench.run, effect.host)}
    asked = [form for path in effect.paths for form in (path, f"{path.rstrip('/')}/")]
    present = bench.files(effect.host, *asked)
    new = [_saved(bench, effect.host, path, about) for path, about in sorted(present.items()) if path not in kept]
    absent = [
        SavedFile(effect.host, path, None, None, None, None, 0.0)
        for path in effect.paths
        if path not in kept and not any(_is_at_or_below(there, path) for there in present)
    ]
    bench.journal.files.add(bench.run, [*new, *absent])
    return EffectResult(f"kept {len(new)} files, {len(absent)} were not there", is_change=bool(new or absent))


def _is_at_or_below(there: str, path: str) -> bool:
    return there == path.rstrip("/") or there.startswith(f"{path.rstrip('/')}/")


def _saved(bench: Bench, host: str, path: str, about: object) -> SavedFile:
    assert isinstance(about, dict)
    digest = bench.vault.keep(bench.transport.fetch(host, path))
    # The bytes that were fetched count, should the file have changed since it was listed.
    return SavedFile(host, path, digest, about["mode"], about["owner"], about["group"], 0.0)


def edit(bench: Bench, effect: EditConfig) -> EffectResult:
    """Edit a configuration file in place, after keeping it as it was. Bytes that are no UTF-8 stay as they are.

    Raises InputError when there is no such file, or it is no configuration file.
    """
    save(bench, Save(effect.host, (effect.path,)))
    present = bench.files(effect.host, effect.path).get(effect.path)
    if present is None:
        raise InputError(
            "execution.config-file-missing",
            f"{effect.path} is not on {effect.host}",
            do_next="put the file where it belongs, then resume",
        )
    before = bench.transport.fetch(effect.host, effect.path).decode(errors=AS_THEY_ARE)
    after = edit_config(before, effect.edits)
    if after == before:
        return EffectResult("every option was so already", is_change=False)
    bench.transport.put(
        effect.host,
        effect.path,
        after.encode(errors=AS_THEY_ARE),
        mode=int(present["mode"], 8),
        owner=present["owner"],
        group=present["group"],
    )
    difference = masked_difference(_readable(before), _readable(after), effect.path)
    told = changed(effect.host, effect.path, "edited", difference)
    return EffectResult(f"changed {len(effect.edits)} options", findings=(told,))


def _readable(text: str) -> str:
    return text.encode(errors=AS_THEY_ARE).decode(errors="replace")
