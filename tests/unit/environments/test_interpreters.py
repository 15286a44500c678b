"""Finding interpreters, with programs that say which Python they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from ostler.environments.interpreters import find_python, no_python
from ostler.errors import InputError


def python(folder: Path, version: str, prefix: str | None = None, says: str | None = None) -> Path:
    program = folder / "bin" / f"python{version}"
    program.parent.mkdir(parents=True)
    answer = f"{version}\\n{prefix or folder}" if says is None else says
    program.write_text(f"#!/bin/sh\nprintf '{answer}\\n'\n")
    program.chmod(0o755)
    return program


def test_one_that_pyenv_or_uv_has_put_here_is_found(tmp_path: Path) -> None:
    old = python(tmp_path / ".pyenv/versions/2.7.18", "2.7")
    newer = python(tmp_path / "elsewhere/cpython-3.8.20-linux-x86_64-gnu", "3.8")
    environ = {"HOME": str(tmp_path), "UV_PYTHON_INSTALL_DIR": str(tmp_path / "elsewhere")}
    assert find_python("2.7", environ=environ).program == old
    found = find_python("3.8", environ=environ)
    assert (found.version, found.program, found.prefix) == ("3.8", newer, newer.parent.parent)


def test_what_does_not_start_or_belongs_to_the_system_is_passed_over(tmp_path: Path) -> None:
    versions = tmp_path / "pyenv" / "versions"
    python(versions / "3.6.1", "3.6", says="broken")
    python(versions / "3.6.2", "3.6", prefix="/usr")
    usable = python(versions / "3.6.3", "3.6")
    environ = {"HOME": str(tmp_path), "PYENV_ROOT": str(tmp_path / "pyenv")}
    assert find_python("3.6", environ=environ).program == usable


def test_without_one_it_is_said_how_to_get_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        find_python("2.7", environ={"HOME": str(tmp_path)})
    assert caught.value.code == "environments.no-interpreter"
    assert "pyenv install 2.7" in str(caught.value.do_next)


def test_all_that_are_missing_are_named_with_the_way_to_each() -> None:
    told = no_python({"2.7": ["queens", "rocky"], "3.10": ["zed"]})
    assert "Python 2.7 (for queens, rocky), Python 3.10 (for zed)" in str(told)
    assert told.do_next.startswith("install: pyenv install 2.7; pyenv install 3.10 or uv python install 3.10")


def test_one_of_the_system_is_named_with_why_it_is_not_used(tmp_path: Path) -> None:
    of_the_system = python(tmp_path / "usr", "3.10")
    told = no_python({"2.7": ["rocky"], "3.10": ["zed"]}, tmp_path / "usr")
    assert f"{of_the_system} is there and is not used: a Python has to lie in a folder of its own" in told.found
    assert "python2.7" not in told.found
    assert "not used" not in no_python({"2.7": ["rocky"]}, tmp_path / "usr").found


@pytest.mark.parametrize("says", ["3.8\\n/x", "nothing"])
def test_a_named_one_of_another_version_is_refused(tmp_path: Path, says: str) -> None:
    named = python(tmp_path / "here", "2.7", says=says)
    with pytest.raises(InputError) as caught:
        find_python("2.7", named)
    assert caught.value.code == "environments.not-that-python"


def test_a_named_one_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        find_python("2.7", tmp_path / "nothing")


def test_the_newest_is_taken_by_its_number(tmp_path: Path) -> None:
    for patch in ("3.8.9", "3.8.18", "3.8.10"):
        python(tmp_path / ".pyenv/versions" / patch, "3.8")
    assert find_python("3.8", environ={"HOME": str(tmp_path)}).prefix.name == "3.8.18"


@pytest.mark.parametrize("wrong", ["system", "virtual", "incomplete"])
def test_a_named_one_that_cannot_be_shown_in_another_tree_is_refused(tmp_path: Path, wrong: str) -> None:
    here = tmp_path / "here"
    named = python(here, "2.7", prefix={"system": "/usr", "incomplete": str(tmp_path / "away")}.get(wrong))
    if wrong == "virtual":
        (here / "pyvenv.cfg").touch()
    with pytest.raises(InputError) as caught:
        find_python("2.7", named)
    assert caught.value.code == "environments.not-that-python"


def test_a_name_elsewhere_leads_to_the_program_in_its_own_folder(tmp_path: Path) -> None:
    real = python(tmp_path / "versions/3.6.15", "3.6")
    shim = tmp_path / "shim"
    shim.symlink_to(real)
    assert find_python("3.6", shim).program == real
