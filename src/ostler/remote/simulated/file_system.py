"""The file system of a simulated host: paths, links, folders and bytes."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from ostler.remote.simulated.state import Entry, HostState

MOST_LINKS = 10


class FileSystem:
    """Reads and changes one host's files."""

    def __init__(self, host: HostState) -> None:
        self._files = host.files

    def resolve(self, path: str) -> str:
        """Return a path with every link in it followed, whether or not anything is there."""
        for _ in range(MOST_LINKS):
            found = self._first_link(path)
            if found is None:
                return path
            link, rest = found
            target = posixpath.join(posixpath.dirname(link), self._files[link].target)
            path = posixpath.normpath(posixpath.join(target, rest) if rest else target)
        return path

    def entry(self, path: str) -> Entry | None:
        """Return what is at a path, links followed; None when nothing is."""
        return self._files.get(self.resolve(path))

    def link(self, path: str) -> Entry | None:
        """Return what is at a path itself, a link not followed."""
        parent, name = posixpath.split(path)
        return self._files.get(posixpath.join(self.resolve(parent), name))

    def text(self, path: str) -> str | None:
        """Return a file's text; None when there is no such file."""
        found = self.entry(path)
        return found.content.decode(errors="replace") if found and found.kind == "file" else None

    def put(self, path: str, entry: Entry) -> None:
        """Place an entry, in place of what was there; folders above it are made."""
        parent, name = posixpath.split(path)
        self.make_folder(parent)
        self._files[posixpath.join(self.resolve(parent), name)] = entry

    def write(self, path: str, content: bytes, mode: int = 0o644, owner: str = "root", group: str = "root") -> None:
        """Place a file."""
        self.put(path, Entry("file", content, mode=mode, owner=owner, group=group))

    def make_folder(self, path: str) -> bool:
        """Make a folder and those above it; return whether it was not there."""
        resolved = self.resolve(path)
        if resolved in ("", "/") or resolved in self._files:
            return False
        self.make_folder(posixpath.dirname(resolved))
        self._files[resolved] = Entry("folder", mode=0o755)
        return True

    def remove(self, path: str) -> bool:
        """Remove an entry and what is below it; return whether there was anything."""
        parent, name = posixpath.split(path.rstrip("/"))
        own = posixpath.join(self.resolve(parent), name)
        gone = [there for there in self._files if there == own or there.startswith(f"{own}/")]
        for there in gone:
            del self._files[there]
        return bool(gone)

    def move(self, source: str, target: str) -> None:
        """Move a file or folder, in place of what was at the target."""
        self.remove(target)
        for there in [p for p in self._files if p == source or p.startswith(f"{source}/")]:
            self._files[target + there.removeprefix(source)] = self._files.pop(there)

    def names(self, folder: str) -> list[str]:
        """Return the names in a folder, sorted."""
        below = self.resolve(folder).rstrip("/") + "/"
        return sorted({path.removeprefix(below).split("/")[0] for path in self._files if path.startswith(below)})

    def files_below(self, folder: str) -> Iterator[str]:
        """Yield the paths of all regular files below a folder, and of links to such, sorted."""
        below = self.resolve(folder).rstrip("/") + "/"
        for path in sorted(self._files):
            there = self.entry(path) if path.startswith(below) else None
            if there and there.kind == "file":
                yield folder.rstrip("/") + "/" + path.removeprefix(below)

    def _first_link(self, path: str) -> tuple[str, str] | None:
        whole, end = "/" + posixpath.normpath(path).strip("/"), 0
        while end < len(whole):
            following = whole.find("/", end + 1)
            end = len(whole) if following < 0 else following
            found = self._files.get(whole[:end])
            if found and found.kind == "link":
                return whole[:end], whole[end + 1 :]
        return None
