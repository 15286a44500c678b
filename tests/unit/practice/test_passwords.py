"""Passwords of a practice cloud are made once, kept 0600 and never shown."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ostler.practice.passwords import Passwords


def test_the_same_name_always_gives_the_same_password(tmp_path: Path) -> None:
    first, again = Passwords(tmp_path / "p.json"), Passwords(tmp_path / "p.json")
    assert first.get("nova-db") == again.get("nova-db")
    assert first.get("nova-db") != first.get("glance-db")


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    Passwords(tmp_path / "p.json").get("nova-db")
    assert (tmp_path / "p.json").stat().st_mode & 0o777 == 0o600


def test_a_password_does_not_show_itself(tmp_path: Path) -> None:
    password = Passwords(tmp_path / "p.json").get("nova-db")
    assert password.reveal() not in f"{password} {password!r}"


def test_asking_from_many_threads_loses_none(tmp_path: Path) -> None:
    passwords = Passwords(tmp_path / "p.json")
    with ThreadPoolExecutor(8) as pool:
        given = list(pool.map(lambda number: passwords.get(f"n{number}"), range(40)))
    assert [passwords.get(f"n{number}") for number in range(40)] == given
