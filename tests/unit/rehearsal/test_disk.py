"""What the databases of a copy take of the disk: what counts, and what is kept of it over a kill."""

from __future__ import annotations

from pathlib import Path

from ostler.planning.rehearsed import DiskTaken
from ostler.rehearsal import journal as journals
from ostler.rehearsal.disk import DATABASES, REST, Gauge, bytes_of
from ostler.rehearsal.journal import Journal


class Clock:
    """Goes on by `step` seconds each time somebody asks."""

    def __init__(self, step: float = 0.0) -> None:
        self.step, self.now = step, 0.0

    def __call__(self) -> float:
        self.now += self.step
        return self.now


def put(folder: Path, database: str, size: int, table: str = "things") -> Path:
    path = folder / DATABASES / database / f"{table}.ibd"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)
    return path


def gauge(journal: Journal, clock: Clock | None = None) -> Gauge:
    return Gauge(journal.folder, ("nova", "placement"), journal, clock or Clock())


def test_only_the_databases_that_are_rehearsed_count_and_one_may_come_later(tmp_path: Path) -> None:
    put(tmp_path, "nova", 100)
    put(tmp_path, "nova", 10, "others")
    put(tmp_path, "mysql", 1000)
    put(tmp_path, "fresh_nova", 1000)
    assert bytes_of(tmp_path / DATABASES, ("nova", "placement")) == 110
    put(tmp_path, "placement", 5)
    assert bytes_of(tmp_path / DATABASES, ("nova", "placement")) == 115


def test_the_most_is_kept_though_a_table_that_was_rewritten_is_gone(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        put(journal.folder, "nova", 100)
        looks = gauge(journal)
        looks.begin()
        rewritten = put(journal.folder, "nova", 70, "#sql-alter-1")
        looks.look()
        rewritten.unlink()
        put(journal.folder, "nova", 120)
        looks.look()
        taken = looks.end()
    assert taken == DiskTaken(100, 170, 120)
    assert taken.needed == 70


def test_one_that_goes_on_after_a_kill_knows_the_beginning_and_the_most(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        put(journal.folder, "nova", 100)
        killed = gauge(journal)
        killed.begin()
        put(journal.folder, "nova", 170)
        killed.look()
    with journals.opened(tmp_path / "r") as journal:
        put(journal.folder, "nova", 120)
        looks = gauge(journal)
        looks.begin()
        assert looks.end() == DiskTaken(100, 170, 120)


def test_nothing_counts_before_it_has_begun(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        looks = gauge(journal)
        put(journal.folder, "nova", 500)
        looks.look()
        put(journal.folder, "nova", 100)
        looks.begin()
        assert looks.end() == DiskTaken(100, 100, 100)


def test_after_a_look_that_took_long_there_is_none_for_much_longer(tmp_path: Path) -> None:
    with journals.opened(tmp_path / "r") as journal:
        clock = Clock(step=1.0)
        looks = gauge(journal, clock)
        put(journal.folder, "nova", 100)
        looks.begin()
        looks.look()
        put(journal.folder, "nova", 900)
        looks.look()
        assert journal.disk() == DiskTaken(100, 100, 100)
        clock.now += 3 * REST
        looks.look()
        assert journal.disk() == DiskTaken(100, 900, 900)
