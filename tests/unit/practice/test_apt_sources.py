"""The practice hosts use the Debian mirrors of the machine they live on, and nothing else of its sources."""

from __future__ import annotations

from pathlib import Path

from ostler.practice.apt_sources import machine_sources, parse_deb822, parse_one_line, practice_sources

OWN = """\
Types: deb deb-src
# a comment
URIs: http://mirror.example/debian/
Suites: trixie trixie-updates
Components: main contrib
 non-free

Types: deb
URIs: http://mirror.example/debian-security
Suites: trixie-security
Components: main
"""
FOREIGN = "deb [signed-by=/x.gpg] https://packages.example/apt sdk-bookworm main\n"


def test_own_mirrors_are_taken_with_the_wanted_suite() -> None:
    text = practice_sources("bookworm", parse_deb822(OWN))
    assert "URIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\n" in text
    assert "URIs: http://mirror.example/debian-security\nSuites: bookworm-security\n" in text


def test_sources_of_others_are_left_out() -> None:
    text = practice_sources("bookworm", parse_one_line(FOREIGN))
    assert "packages.example" not in text


def test_without_own_mirrors_debian_is_asked() -> None:
    assert "URIs: http://deb.debian.org/debian\n" in practice_sources("bookworm", [])


def test_disabled_sources_are_left_out() -> None:
    assert list(parse_deb822("Enabled: no\n" + OWN.split("\n\n", 1)[0])) == []


def test_one_line_sources_are_read_with_options_and_comments() -> None:
    text = "# deb http://old.example bookworm main\ndeb [arch=amd64] http://m.example/debian bookworm main # x\n"
    (source,) = parse_one_line(text)
    assert (source.uri, source.suite, source.components) == ("http://m.example/debian", "bookworm", ("main",))


def test_both_formats_are_found_on_a_machine(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text("deb http://one.example/debian bookworm main\n")
    (tmp_path / "sources.list.d" / "debian.sources").write_text(OWN)
    (tmp_path / "sources.list.d" / "debian.sources.bak").write_text(FOREIGN)
    assert len(machine_sources(tmp_path)) == 4
