"""A dump that is lost on its host comes back from the copy that this machine keeps, on a simulated cloud."""

from __future__ import annotations

import hashlib
import os
import signal
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import dbos  # noqa: F401  (imported once here, not once in each of the processes)
import pyrage
import pytest
from rehearsing import Rehearsal, copy_of, in_a_child, rehearsal

from ostler.errors import CommandFailed, InputError, NoSpace
from ostler.execution.effect_archives import forget_copies
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.executor import carry_out
from ostler.execution.home import Home
from ostler.execution.journal import Journal
from ostler.execution.means import Means
from ostler.execution.records import RunState
from ostler.execution.runs import list_runs, load_run
from ostler.execution.sealing import Sealing
from ostler.execution.simulation import Simulation, open_simulation, three_plus_two
from ostler.execution.step_book import effects_repeated
from ostler.facts.model import wanted
from ostler.remote.simulated.state import Entry
from ostler.steps.databases_dump import DUMP_NAME
from ostler.steps.effects import Receive, SendBack

BIG = "/var/lib/dump/big"
ROWS = os.urandom(300_000)
"""More than a pipe takes at once, and than age encrypts in one piece."""

BACK = SendBack("ctl1", BIG, "big", "run-1")


@pytest.fixture(scope="module")
def made() -> Simulation:
    return three_plus_two()


@pytest.fixture
def bench(made: Simulation, folder: Path) -> Bench:
    with made.simulated.world() as world:
        put_dump(world.state.hosts["ctl1"].files)
    home = Home(folder / "home")
    means = Means(home=home, who="the tests", clock=made.clock)
    return Bench("run-1", made.cloud, made.simulated.transport, None, means, Journal(home))


@pytest.fixture
def sealed(bench: Bench, tmp_path: Path) -> Bench:
    """The same with a recipient, whose identity is at hand."""
    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"{identity}\n")
    return with_sealing(bench, Sealing(str(identity.to_public()), tmp_path / "identity"))


def with_sealing(bench: Bench, sealing: Sealing) -> Bench:
    return replace(bench, means=replace(bench.means, sealing=sealing))


def put_dump(files: dict[str, Entry]) -> None:
    files[BIG] = Entry("file", ROWS, mode=0o600)
    files[f"{BIG}.sha256"] = Entry("file", f"{hashlib.sha256(ROWS).hexdigest()}  big\n".encode(), mode=0o600)


def lose(made: Simulation, *paths: str) -> None:
    with made.simulated.world() as world:
        for path in paths:
            del world.state.hosts["ctl1"].files[path]


def there(made: Simulation) -> tuple[bytes, str, int]:
    with made.simulated.world() as world:
        files = world.state.hosts["ctl1"].files
        return files[BIG].content, files[f"{BIG}.sha256"].content.decode(), files[BIG].mode


def receive(bench: Bench) -> EffectResult:
    return carry_out(bench, Receive("ctl1", BIG, "big"))


@pytest.fixture(params=["as it is", "encrypted"])
def kept(request: pytest.FixtureRequest, bench: Bench, sealed: Bench) -> Bench:
    """A bench with a copy."""
    chosen = sealed if request.param == "encrypted" else bench
    name = "big.age" if request.param == "encrypted" else "big"
    assert receive(chosen).text.endswith(f"into {chosen.received / name}")
    assert sorted(path.name for path in chosen.received.iterdir()) == sorted(["big.sha256", name])
    return chosen


def test_what_is_there_as_it_was_received_is_left_alone(made: Simulation, kept: Bench) -> None:
    assert not carry_out(kept, BACK).is_change


@pytest.mark.parametrize("lost", [(BIG,), (f"{BIG}.sha256",), (BIG, f"{BIG}.sha256")])
def test_what_is_gone_comes_back_with_its_checksum_once(made: Simulation, kept: Bench, lost: tuple[str, ...]) -> None:
    lose(made, *lost)
    assert carry_out(kept, BACK).is_change
    assert there(made) == (ROWS, f"{hashlib.sha256(ROWS).hexdigest()}  big\n", 0o600)
    assert not carry_out(kept, BACK).is_change
    assert sorted(path.suffix for path in kept.received.iterdir()) in ([".age", ".sha256"], ["", ".sha256"])


def test_what_has_other_bytes_is_replaced_even_when_a_checksum_there_agrees(made: Simulation, kept: Bench) -> None:
    with made.simulated.world() as world:
        files = world.state.hosts["ctl1"].files
        files[BIG].content = b"other rows"
        files[f"{BIG}.sha256"].content = f"{hashlib.sha256(b'other rows').hexdigest()}  big\n".encode()
    assert carry_out(kept, BACK).is_change
    assert there(made)[0] == ROWS


def test_without_a_copy_what_is_there_is_enough_and_what_is_gone_is_told_with_its_place(
    made: Simulation, bench: Bench
) -> None:
    assert not carry_out(bench, BACK).is_change
    lose(made, BIG)
    with pytest.raises(CommandFailed) as told:
        carry_out(bench, BACK)
    assert told.value.code == "execution.no-copy"
    assert str(bench.journal.home.received("run-1") / "big") in told.value.found
    assert str(bench.journal.home.received("run-1")) in told.value.do_next


def test_a_copy_that_was_changed_is_not_sent(made: Simulation, kept: Bench) -> None:
    lose(made, BIG)
    (copy,) = [path for path in kept.received.iterdir() if path.suffix != ".sha256"]
    content = bytearray(copy.read_bytes())
    content[-1] ^= 1
    copy.write_bytes(content)
    with pytest.raises(InputError) as told:
        carry_out(kept, BACK)
    assert told.value.code == "execution.copy-damaged"
    with made.simulated.world() as world:
        assert BIG not in world.state.hosts["ctl1"].files


def test_an_encrypted_copy_needs_its_identity(made: Simulation, sealed: Bench) -> None:
    receive(sealed)
    lose(made, BIG)
    with pytest.raises(InputError) as told:
        carry_out(with_sealing(sealed, Sealing()), BACK)
    assert told.value.code == "execution.age-identity-missing"


def test_room_is_looked_at_before_anything_is_sent(made: Simulation, kept: Bench) -> None:
    lose(made, BIG)
    with made.simulated.world() as world:
        host, before = world.state.hosts["ctl1"], world.state.hosts["ctl1"].free_bytes
        host.free_bytes = len(ROWS) - 1
    try:
        with pytest.raises(NoSpace) as told:
            carry_out(kept, BACK)
    finally:
        with made.simulated.world() as world:
            world.state.hosts["ctl1"].free_bytes = before
    assert told.value.code == "execution.no-room-to-send-back"
    assert carry_out(kept, BACK).is_change


def test_nothing_in_plain_text_is_on_this_machine_while_a_file_is_received_and_encrypted(sealed: Bench) -> None:
    class Watched:
        """The way to the hosts, which looks at this machine's disk before the last byte is there."""

        def __init__(self) -> None:
            self.seen: dict[str, bytes] = {}

        def __getattr__(self, name: str) -> object:
            return getattr(sealed.transport, name)

        def receive(self, host: str, path: str, target: Path, *, into: Callable[[Path], object]) -> None:
            with into(target) as file:  # type: ignore[attr-defined]
                file.write(ROWS[:-1])
                self.seen = {each.name: each.read_bytes() for each in target.parent.iterdir()}
                file.write(ROWS[-1:])

    way = Watched()
    receive(replace(sealed, transport=way))  # type: ignore[arg-type]
    assert way.seen
    assert all(ROWS[:100] not in content and ROWS[-100:-1] not in content for content in way.seen.values())
    assert not any(name in ("big", "big.age") for name in way.seen)


def test_what_a_killed_process_left_in_plain_text_goes_as_soon_as_the_file_is_received_again_and_at_the_end_of_the_run(
    sealed: Bench,
) -> None:
    for name in ("big", ".big.abcdefgh"):
        (sealed.received / name).write_bytes(ROWS)
    receive(sealed)
    assert sorted(path.name for path in sealed.received.iterdir()) == ["big.age", "big.sha256"]
    (sealed.received / ".big.abcdefgh").write_bytes(ROWS)
    forget_copies(sealed.journal.home, "run-1")
    assert sorted(path.name for path in sealed.received.iterdir()) == ["big.age", "big.sha256"]


def lose_disk(cloud: Rehearsal, run: str) -> str:
    """Lose everything that stands in the dump's folder; return the folder."""
    folder = str(load_run(run, cloud.home).plan.request["dump_folder"])
    with cloud.simulation.simulated.world() as world:
        files = world.state.hosts["ctl1"].files
        lost = [path for path in files if path.startswith(f"{folder}/")]
        for path in lost:
            del files[path]
        world.note(f"told to lose {folder}")
    assert f"{folder}/{DUMP_NAME}" in lost
    return folder


def schemas(cloud: Rehearsal) -> object:
    return cloud.snapshot([wanted("databases.schema")]).known("databases.schema")


def test_databases_are_restored_though_the_disk_with_the_dump_was_lost(folder: Path, upgraded: Rehearsal) -> None:
    cloud = copy_of(upgraded, folder)
    (run,) = list_runs(cloud.home)
    dumped = lose_disk(cloud, run.id)
    result = cloud.apply(cloud.plan_back(run.id, "restore"))
    assert result.state is RunState.DONE
    assert schemas(cloud) == schemas(rehearsal(folder / "another"))
    with cloud.simulation.simulated.world() as world:
        files = world.state.hosts["ctl1"].files
        assert {files[f"{dumped}/{name}"].mode for name in (DUMP_NAME, "plain.sha256", "databases.list")} == {0o600}


def test_a_restore_stops_before_the_cloud_when_neither_dump_nor_copy_is_left(folder: Path, upgraded: Rehearsal) -> None:
    cloud = copy_of(upgraded, folder)
    (run,) = list_runs(cloud.home)
    lose_disk(cloud, run.id)
    kept = cloud.home.received(run.id) / DUMP_NAME
    kept.rename(kept.with_name("elsewhere"))
    planned = cloud.plan_back(run.id, "restore")
    before = list(cloud.effects)
    result = cloud.apply(planned)
    assert result.state is RunState.FAILED
    assert not [effect for effect in cloud.effects[len(before) :] if "systemctl" in effect]
    told = [each.evidence for each in load_run(result.run, cloud.home).outcomes if not each.outcome.is_good]
    assert str(kept) in repr(told)
    kept.with_name("elsewhere").rename(kept)
    assert cloud.resume(result.run).state is RunState.DONE


@pytest.mark.parametrize("point", ["after_intent::1", "after_effect:check-dump/*/send-back:1", "before_outcome::1"])
def test_killed_while_the_dump_is_sent_back_it_is_sent_once(folder: Path, point: str) -> None:
    simulation = three_plus_two("2024.1", folder, store=["2025.1"], is_kept=True)
    cloud = Rehearsal(simulation, Home(folder / "home"), "2024.1", "2025.1")
    done = cloud.apply(cloud.plan())
    assert done.state is RunState.DONE
    lose_disk(cloud, done.run)

    def carry_on(back: str | None) -> Callable[[], int]:
        def act() -> int:
            own = Rehearsal(open_simulation(folder), cloud.home, cloud.source, cloud.target)
            result = own.resume(back) if back else own.apply(own.plan_back(done.run, "restore"))
            return result.exit_code

        return act

    assert in_a_child(carry_on(None), point) == -signal.SIGKILL
    (back,) = [record.id for record in list_runs(cloud.home) if record.id != done.run]
    assert in_a_child(carry_on(back), "") == 0
    cloud = Rehearsal(open_simulation(folder), cloud.home, cloud.source, cloud.target)
    assert len([effect for effect in cloud.effects if "send /" in effect and effect.endswith(DUMP_NAME)]) == 1
    assert effects_repeated(load_run(back, cloud.home).effects) == []
    assert load_run(back, cloud.home).record.state is RunState.DONE
