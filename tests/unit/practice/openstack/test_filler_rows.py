"""Records that make databases heavy; the servers are a stand-in that counts what each statement makes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ostler.practice.layout import Layout
from ostler.practice.openstack.filler_rows import MARK, PORTS, ROWS_AT_ONCE, TABLES, add_ports, add_rows

INTO = re.compile(r"INSERT INTO (\w+\.\w+)")
SPAN = re.compile(r"seq_(\d+)_to_(\d+)")


@dataclass
class Servers:
    """Each statement makes as many records as its sequence is long, in every table it names."""

    records: Counter[str] = field(default_factory=Counter)
    largest: int = 0

    def run(self, host: Any, argv: Sequence[str], stdin: bytes = b"", timeout_s: float = 0) -> Any:
        if stdin:
            text = stdin.decode()
            assert "{" not in text
            (span,) = set(SPAN.findall(text))
            made = int(span[1]) - int(span[0]) + 1
            self.largest = max(self.largest, made)
            self.records.update(dict.fromkeys(INTO.findall(text), made))
            return SimpleNamespace(stdout="")
        table = re.search(r"FROM (\w+\.\w+) WHERE \w+ = '(.*)'", argv[-1])
        assert table is not None
        assert table[2] == MARK
        return SimpleNamespace(stdout=f"{self.records[table[1]]}\n")


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(name="unit", controllers=1, computes=1, state_root=tmp_path, cache_dir=tmp_path)


def test_a_million_of_them_in_pieces_a_cluster_takes(layout: Layout) -> None:
    servers: Any = Servers()
    add_rows(layout, servers, 250_000)
    said = add_ports(layout, servers, 250_000)
    things = ("nova.instances", "cinder.volumes", "neutron.ports", "glance.images")
    assert [servers.records[table] for table in things] == [250_000] * 4
    assert servers.records["neutron.standardattributes"] == servers.records["neutron.ml2_port_bindings"] == 250_000
    assert servers.largest <= ROWS_AT_ONCE
    assert said == f"250000 ports added, 250000 on the network {MARK}"


def test_what_is_there_is_not_made_again(layout: Layout) -> None:
    servers: Any = Servers()
    add_ports(layout, servers, 30_000)
    assert add_ports(layout, servers, 30_010).startswith("10 ports added")
    assert add_ports(layout, servers, 1000).startswith("0 ports added")
    assert servers.records["neutron.ports"] == 30_010


def test_a_port_is_made_whole_or_not_at_all() -> None:
    statements = [part.strip() for part in PORTS.split(";") if part.strip()]
    assert statements[1] == "START TRANSACTION"
    assert statements[-1] == "COMMIT"
    assert sum(part.startswith("INSERT INTO") for part in statements[2:-1]) == len(statements) - 3 == 3


def test_tables_that_need_others_are_filled_after_them() -> None:
    names = [table for table, _, _ in TABLES]
    assert names.index("nova.instances") < names.index("nova.console_auth_tokens")
