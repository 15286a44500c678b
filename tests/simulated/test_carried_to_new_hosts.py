"""Files that go from host to host, and addresses written anew where files are, on a simulated cloud."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from ostler.errors import CommandFailed, InputError
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.executor import carry_out
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.simulation import Simulation, three_plus_two
from ostler.execution.simulation.hosts import SECRET
from ostler.remote.protocol import Transport
from ostler.remote.simulated.state import Entry
from ostler.steps.effects import Carry, Forward

KEYS, CONF, BIG = "/etc/keystone/fernet-keys", "/etc/nova/nova.conf", "/var/lib/dump/big"
PAIRS = (("10.77.0.11", "10.77.0.31"), ("ctl1", "new1"))


@pytest.fixture(scope="module")
def made() -> Simulation:
    return three_plus_two(has_spares=True)


@pytest.fixture
def bench(made: Simulation, folder: Path) -> Bench:
    home = Home(folder / "home")
    cloud = replace(made.cloud, hosts={**made.cloud.hosts, **made.onto.hosts})
    means = Means(home=home, who="the tests", clock=made.clock)
    return Bench("run-1", cloud, made.simulated.transport, None, means, Journal(home))


def do(bench: Bench, effect: Carry | Forward) -> EffectResult:
    return carry_out(bench, effect)


def entry(made: Simulation, host: str, path: str) -> Entry:
    with made.simulated.world() as world:
        return world.state.hosts[host].files[path]


def test_keys_arrive_as_they_are_with_their_folder_and_nothing_of_them_is_told(made: Simulation, bench: Bench) -> None:
    result = do(bench, Carry("new1", "ctl1", (f"{KEYS}/",), PAIRS))
    assert (result.text, result.findings) == ("2 of 2 files written", ())
    assert entry(made, "new1", f"{KEYS}/1") == entry(made, "ctl1", f"{KEYS}/1")
    assert entry(made, "new1", KEYS) == entry(made, "ctl1", KEYS)
    again = do(bench, Carry("new1", "ctl1", (f"{KEYS}/",), PAIRS))
    assert (again.text, again.is_change) == ("0 of 2 files written", False)


def test_a_key_that_was_rotated_since_is_copied_again(made: Simulation, bench: Bench) -> None:
    do(bench, Carry("new2", "ctl2", (f"{KEYS}/",)))
    with made.simulated.world() as world:
        world.state.hosts["ctl2"].files[f"{KEYS}/2"] = replace(entry(made, "ctl2", f"{KEYS}/1"), content=b"a new one")
    assert do(bench, Carry("new2", "ctl2", (f"{KEYS}/",))).text == "1 of 3 files written"


def test_configuration_gets_other_addresses_and_what_is_told_has_no_secret(made: Simulation, bench: Bench) -> None:
    result = do(bench, Carry("new1", "ctl1", ("/etc/nova/",), PAIRS, ("/etc/nova/api-paste.ini",)))
    text = entry(made, "new1", CONF).content.decode()
    assert f"{SECRET}@10.77.0.31:5672" in text
    assert "host = ctl1\n" in text
    (told,) = result.findings
    assert told.subject == f"new1:{CONF}"
    assert SECRET not in repr(result)
    with made.simulated.world() as world:
        assert "/etc/nova/api-paste.ini" not in world.state.hosts["new1"].files


def test_files_changed_in_place_are_kept_first(made: Simulation, bench: Bench) -> None:
    before = entry(made, "cmp1", CONF).content
    assert do(bench, Carry("cmp1", "cmp1", ("/etc/nova/",), PAIRS)).is_change
    assert entry(made, "cmp1", CONF).content == before.replace(b"@10.77.0.11:", b"@10.77.0.31:")
    (saved,) = [file for file in bench.journal.files.all("run-1", "cmp1") if file.path == CONF]
    assert bench.vault.get(str(saved.sha256)) == before


def test_nothing_to_carry_is_told(bench: Bench) -> None:
    with pytest.raises(InputError) as told:
        do(bench, Carry("new1", "ctl1", ("/etc/none/",)))
    assert told.value.code == "execution.nothing-to-carry"


def test_a_large_file_is_copied_once_and_leaves_nothing_on_this_machine(made: Simulation, bench: Bench) -> None:
    with made.simulated.world() as world:
        world.state.hosts["ctl1"].files[BIG] = Entry("file", b"rows" * 1000, mode=0o600)
    assert do(bench, Forward("new1", "ctl1", (BIG,))).text == "1 of 1 files copied"
    assert entry(made, "new1", BIG).content == b"rows" * 1000
    assert entry(made, "new1", BIG).mode == 0o600
    assert list(bench.received.iterdir()) == []
    assert not do(bench, Forward("new1", "ctl1", (BIG,))).is_change


class Watched:
    """The way to the hosts, which keeps in mind where files lie on this machine."""

    def __init__(self, way: Transport) -> None:
        self._way = way
        self.places: list[Path] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._way, name)

    def send(self, host: str, source: Path, path: str, *, mode: int = 0o600) -> None:
        self.places.append(source)
        self._way.send(host, source, path, mode=mode)


def test_what_a_killed_process_left_of_a_copy_goes_and_that_of_another_copy_stays(
    made: Simulation, bench: Bench
) -> None:
    one, other = f"{BIG}-one", f"{BIG}-other"
    with made.simulated.world() as world:
        for path in (one, other):
            world.state.hosts["ctl1"].files[path] = Entry("file", b"rows", mode=0o600)
    watched = Watched(bench.transport)
    there = replace(bench, transport=cast(Transport, watched))
    for path in (one, other):
        do(there, Forward("new1", "ctl1", (path,)))
    for place in watched.places:
        place.parent.mkdir()
        place.write_bytes(b"half of it")
    with made.simulated.world() as world:
        world.state.hosts["ctl1"].files[one].content = b"more rows"
    assert do(bench, Forward("new1", "ctl1", (one,))).is_change
    assert [place.exists() for place in watched.places] == [False, True]


def put_dump(made: Simulation, path: str, content: bytes, told: bytes) -> None:
    with made.simulated.world() as world:
        files = world.state.hosts["ctl1"].files
        files[path] = Entry("file", content, mode=0o600)
        files[f"{path}.sha256"] = Entry("file", f"{hashlib.sha256(told).hexdigest()}  dump\n".encode(), mode=0o600)


def test_a_dump_is_checked_against_the_digest_beside_it_however_long_a_host_takes_to_read_it(
    made: Simulation, bench: Bench
) -> None:
    path = f"{BIG}-dump"
    put_dump(made, path, b"rows", b"rows")
    made.simulated.slow(f"ostler-host.files .*{path}$", 3 * 3600.0)
    try:
        assert do(bench, Forward("new1", "ctl1", (path,))).is_change
        assert not do(bench, Forward("new1", "ctl1", (path,))).is_change
    finally:
        made.simulated.mend()
    assert entry(made, "new1", path).content == b"rows"


def test_a_dump_that_is_no_longer_what_was_dumped_is_told(made: Simulation, bench: Bench) -> None:
    put_dump(made, f"{BIG}-rotten", b"rows", b"other rows")
    with pytest.raises(CommandFailed) as told:
        do(bench, Forward("new1", "ctl1", (f"{BIG}-rotten",)))
    assert told.value.code == "execution.forwarded-damaged"


def test_a_large_file_that_is_gone_is_told(bench: Bench) -> None:
    with pytest.raises(CommandFailed) as told:
        do(bench, Forward("new1", "ctl1", ("/var/lib/dump/none",)))
    assert told.value.code == "execution.nothing-to-forward"


class Damaging:
    """The way to the hosts, on which large files lose their end."""

    def __init__(self, way: Transport) -> None:
        self._way = way

    def __getattr__(self, name: str) -> Any:
        return getattr(self._way, name)

    def send(self, host: str, source: Path, path: str, *, mode: int = 0o600) -> None:
        source.write_bytes(source.read_bytes()[:-1])
        self._way.send(host, source, path, mode=mode)


def test_a_large_file_that_arrives_damaged_is_told_and_sent_again(made: Simulation, bench: Bench) -> None:
    path = f"{BIG}-too"
    with made.simulated.world() as world:
        world.state.hosts["ctl1"].files[path] = Entry("file", b"rows", mode=0o600)
    with pytest.raises(CommandFailed) as told:
        do(replace(bench, transport=cast(Transport, Damaging(bench.transport))), Forward("new1", "ctl1", (path,)))
    assert told.value.code == "execution.forwarded-damaged"
    assert list(bench.received.iterdir()) == []
    assert do(bench, Forward("new1", "ctl1", (path,))).is_change
    assert entry(made, "new1", path).content == b"rows"
