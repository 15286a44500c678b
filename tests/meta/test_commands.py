"""Every command that a page names exists, with the options it is shown with, and says how it is used."""

from __future__ import annotations

import itertools
import re
from pathlib import Path
from typing import Any

import pytest
import typer
from pages import ROOT

from ostler.cli import main

PAGES = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md")]
_CALL = re.compile(r"(?:^|[`/$(\s:;])ostler ((?:[a-z][a-z-]*)(?:[ \t]+[^\s`;,)&|]+)*)")


@pytest.fixture(scope="module")
def top() -> Any:
    main._mount_once()
    return typer.main.get_command(main.app)


def is_group(command: Any) -> bool:
    """Typer brings classes of its own, which are not those of the click package."""
    return hasattr(command, "commands")


def calls(text: str) -> list[list[str]]:
    """Every `ostler …` in code (spans, blocks, indented lines) of a page, as words."""
    code = re.findall(r"`([^`\n]+)`", text) + re.findall(r"^    (.+)$", text, re.MULTILINE)
    return [match.group(1).split() for line in code for match in _CALL.finditer(f" {line}")]


def problem(top: Any, words: list[str]) -> str | None:
    """What is wrong with one call; None when the command and its options exist."""
    command = top
    rest = list(words)
    while rest and is_group(command):
        name = rest.pop(0)
        found = command.commands.get(name)
        if found is None:
            return f"there is no command {name!r}" if re.fullmatch(r"[a-z-]+", name) else None
        command = found
    known = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
    unknown = [word for word in rest if word.startswith("--") and word.partition("=")[0] not in {*known, "--help"}]
    return f"there is no option {unknown[0]}" if unknown else None


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_every_command_on_a_page_exists(page: Path, top: Any) -> None:
    wrong = {" ".join(words): problem(top, words) for words in calls(page.read_text())}
    assert {call: why for call, why in wrong.items() if why} == {}


def test_the_readme_names_every_command(top: Any) -> None:
    named = {words[0] for words in calls((ROOT / "README.md").read_text())}
    row = re.findall(r"^\| `ostler [^|]+\|", (ROOT / "README.md").read_text(), re.MULTILINE)
    named |= set(re.findall(r"`([a-z]+)`", " ".join(row)))
    assert {name for name, command in top.commands.items() if not command.hidden} - named == set()


def leaves(command: Any, path: str) -> list[tuple[str, Any]]:
    """Every command below one, with what is typed for it."""
    if is_group(command):
        return [leaf for name, each in command.commands.items() for leaf in leaves(each, f"{path} {name}")]
    return [(path, command)]


def test_every_command_says_what_it_does_and_shows_an_example(top: Any) -> None:
    without = [path for path, command in leaves(top, "ostler") if not command.help or "Example" not in command.help]
    assert without == []


WIDTH = 80


@pytest.fixture
def helps(top: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> dict[str, list[str]]:
    """The paragraphs that each command's help has on a terminal of 80 columns, between its usage and its options."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))
    shown = {}
    for path, _ in leaves(top, "ostler"):
        assert main.main([*path.split()[1:], "--help"]) == 0
        text = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
        _, *paragraphs = text.partition("\n╭")[0].strip().split("\n\n")
        shown[path] = paragraphs
    return shown


def test_no_line_of_prose_in_a_help_ends_before_the_terminal_does(helps: dict[str, list[str]]) -> None:
    torn = [
        (path, line)
        for path, paragraphs in helps.items()
        for paragraph in paragraphs
        if not paragraph.strip().startswith("Example")
        for line, following in itertools.pairwise(paragraph.split("\n"))
        if len(line) + 1 + len(following.split()[0]) < WIDTH
    ]
    assert torn == []


def test_examples_stand_below_each_other(helps: dict[str, list[str]]) -> None:
    starts = {
        path: {line.index("ostler ") for line in paragraph.split("\n") if re.match(r"( Examples?: )? *ostler ", line)}
        for path, paragraphs in helps.items()
        for paragraph in paragraphs
        if paragraph.strip().startswith("Example")
    }
    assert {path: columns for path, columns in starts.items() if len(columns) != 1} == {}


def test_what_a_command_is_given_is_spelled_in_capitals(top: Any) -> None:
    small = [
        f"{path} {usage}"
        for path, command in leaves(top, "ostler")
        for parameter in command.params
        if parameter.param_type_name == "argument"
        for usage in [str(parameter.metavar or parameter.name)]
        if usage != usage.upper()
    ]
    assert small == []
