"""What became of an option from one release to another, as the harvested releases on the way declare it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from ostler.catalog.option import Option, Place, place_of
from ostler.catalog.option_file import PLUGINS
from ostler.catalog.options import ProjectOptions
from ostler.masking import is_secret_name


@dataclass(frozen=True)
class Fate:
    """What became of an option.

    `place` is where it is now, None when no release knows it any more; `since` is the release that renamed or dropped
    it (None: neither); `last` is the option as the last release that knew it declared it, None when none did;
    `others` are further options of the target release that the old name serves.
    """

    place: Place | None
    since: str | None = None
    last: Option | None = None
    others: tuple[Place, ...] = ()

    @property
    def is_unknown(self) -> bool:
        return self.last is None


class Succession:
    """The options of a project from a source release to a target release, both included."""

    def __init__(self, options: ProjectOptions, source: str, target: str) -> None:
        """Raises what `ProjectOptions.between` raises."""
        self.source, self.target = source, target
        self.releases = options.between(source, target)
        self.later = options.later_than(target)
        self.project = options.project
        self._options = options

    @cached_property
    def before(self) -> Mapping[Place, Option]:
        """The options of the source release, those of plugins too."""
        return self._options.all_at(self.source)

    @cached_property
    def after(self) -> Mapping[Place, Option]:
        """The options of the target release, those of plugins too."""
        return self._options.all_at(self.target)

    def is_secret(self, name: str) -> bool:
        """Whether an option of this name is secret by it, or in any release of these."""
        return is_secret_name(name) or place_of("", name)[1] in self._secret_names

    @cached_property
    def _secret_names(self) -> frozenset[str]:
        secret = [o for release in self.releases for o in self._options.all_at(release).values() if o.is_secret]
        return frozenset(name for option in secret for _, name in (option.place, *option.deprecated))

    def fate(self, place: Place) -> Fate:
        """What became of the option that a file of the source release sets at `place`."""
        now, since, gone = place, None, None
        last: Option | None = None
        others: tuple[Place, ...] = ()
        for release in self.releases:
            options = self._options.all_at(release)
            heirs = self._heirs[release].get(now, ())
            if now in options and not (heirs and options[now].removal):
                last, gone = options[now], None
            elif heirs:
                now, since, others, gone = heirs[0], release, heirs[1:], None
                last = options[now]
            elif last is not None and gone is None:
                gone = release
        if gone:
            return Fate(None, gone, last)
        return Fate(now, since, last, tuple(other for other in others if other in self.after))

    def read_too(self, place: Place) -> tuple[Place, ...]:
        """Options of the target release that an option's place sets as well, since it is an old name of theirs in the
        source release or the target: a library's option and a service's that once had one name. None for options of
        plugins, of which the one that a group chooses counts."""
        if (PLUGINS, place[1]) in self.before:
            return ()
        heirs = (*self._heirs[self.source].get(place, ()), *self._heirs[self.target].get(place, ()))
        now = dict.fromkeys(fate.place for fate in map(self.fate, heirs) if fate.place and fate.place[0] != PLUGINS)
        return tuple(each for each in now if each != self.fate(place).place)

    def namesake(self, fate: Fate) -> Place | None:
        """The only option that came under the same name, with the same kind and default, into a group that was there,
        when the option went without being announced; its project does not say that it is the same."""
        last, since = fate.last, fate.since
        if last is None or since is None or last.removal:
            return None
        earlier = self._options.all_at(self.releases[self.releases.index(since) - 1])
        groups = {group for group, _ in earlier}
        new = [
            place
            for place, option in self._options.all_at(since).items()
            if place[1] == last.name
            and place not in earlier
            and place[0] in groups
            and (option.kind, option.default) == (last.kind, last.default)
        ]
        return new[0] if len(new) == 1 and new[0] in self.after else None

    @cached_property
    def _heirs(self) -> Mapping[str, Mapping[Place, tuple[Place, ...]]]:
        """By release, the options that an old name stands for; those of the same group first."""
        return {release: old_names(self._options.all_at(release)) for release in self.releases}


def old_names(options: Mapping[Place, Option]) -> dict[Place, tuple[Place, ...]]:
    """The old names of a release's options, and what each stands for; an option of the same group comes first."""
    found: dict[Place, list[Place]] = {}
    for place, option in options.items():
        for old in option.deprecated:
            found.setdefault(old, []).append(place)
    return {old: tuple(sorted(places, key=lambda each: (each[0] != old[0], each))) for old, places in found.items()}
