"""Each effect, carried out by the executor in a small world."""

from __future__ import annotations

import errno
import hashlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from execution_world import CLOUD, Shop, World, WorldApi, WorldTransport, is_number

from ostler.catalog.database import ROWS_MOVED
from ostler.cloud.model import LoadBalancer
from ostler.commands import ApiRequest, Command, CommandResult
from ostler.errors import CommandFailed, HostUnreachable, InputError, NoSpace, Severity
from ostler.execution.effect_bench import Bench, EffectResult
from ostler.execution.executor import carry_out, describe
from ostler.execution.journal import Journal
from ostler.execution.sealing import Sealing
from ostler.steps.balancer import set_server
from ostler.steps.effects import (
    Call,
    EditConfig,
    Hold,
    Judge,
    Prove,
    Put,
    Receive,
    Release,
    Remove,
    Run,
    Save,
    Send,
)

CONF = "/etc/nova/nova.conf"
TEXT = "[DEFAULT]\ndebug = true\ntransport_url = rabbit://nova:hunter2@mq/\n"


@dataclass
class Room:
    """A bench in a world, and what is kept of it."""

    shop: Shop
    bench: Bench

    @property
    def world(self) -> World:
        return self.shop.world

    def do(self, effect: Any) -> EffectResult:
        return carry_out(self.bench, effect)

    def with_means(self, **more: Any) -> Room:
        return Room(self.shop, replace(self.bench, means=self.shop.means(**more)))


@pytest.fixture
def room(shop: Shop) -> Room:
    journal = Journal(shop.home)
    return Room(shop, Bench("run-1", CLOUD, WorldTransport(shop.world), WorldApi(), shop.means(), journal))


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_command_whose_exit_code_is_accepted_is_no_failure(room: Room) -> None:
    result = room.do(Run("cmp1", Command(("die", "3")), accept={0: "done", 3: "nothing to do"}))
    assert (result.text, result.failure) == ("nothing to do", None)


def test_a_command_that_fails_shows_its_last_lines_without_secrets(room: Room) -> None:
    result = room.do(Run("cmp1", Command(("die", "2"))))
    assert result.failure == "a command on cmp1 ended with exit code 2: die 2"
    assert result.evidence == ("password=******** mysql://nova:********@db/nova",)


DOUBTS = {0: (r"hunter\d", "a migration that failed is told and not counted")}


@pytest.mark.parametrize(("exit_code", "said"), [("0", "still something failed"), ("1", "ended with exit code 1")])
def test_an_exit_code_of_success_proves_nothing_where_the_output_says_so(room: Room, exit_code: str, said: str) -> None:
    result = room.do(Run("cmp1", Command(("die", exit_code)), doubts=DOUBTS))
    assert said in str(result.failure)
    assert ("is told and not counted" in str(result.failure)) is (exit_code == "0")
    assert "hunter2" not in "".join(result.evidence)


@pytest.mark.parametrize(("pattern", "is_borne"), [("^password=", True), ("other", False)])
def test_what_is_left_undone_is_borne_with_the_very_words_it_says_so_in(
    room: Room, pattern: str, is_borne: bool
) -> None:
    borne = {0: (pattern, "cinder.some-blocker"), 2: (pattern, "cinder.some-blocker")}
    results = [room.do(Run("cmp1", Command(("die", code)), doubts=DOUBTS, borne=borne)) for code in ("0", "2")]
    assert [result.failure is None for result in results] == [is_borne, is_borne]
    assert is_borne is all(result.text == "left undone: cinder.some-blocker" for result in results)


def test_a_command_that_says_again_is_run_until_it_is_done(room: Room) -> None:
    room.world.set("cmp1", rows=3)
    again = Run("cmp1", Command(("down-by-one", "rows")), again_on=(1,), counts=ROWS_MOVED)
    assert room.do(again).text == "done after 3 rounds"
    assert room.world.numbers("cmp1") == {"rows": 0}


def test_a_command_that_says_again_and_did_nothing_has_failed_at_once(room: Room) -> None:
    """A row migration that crashes ends with the code that means "some were moved", too."""
    crashed = Run("cmp1", Command(("die", "1")), again_on=(1,), again_limit=5, counts=ROWS_MOVED)
    assert "ended with exit code 1" in str(room.do(crashed).failure)


def test_a_command_that_says_again_for_ever_is_given_up(room: Room) -> None:
    room.world.set("cmp1", rows=30)
    with pytest.raises(CommandFailed, match="each of 5 times"):
        room.do(Run("cmp1", Command(("down-by-one", "rows")), again_on=(1,), again_limit=5))


def test_a_file_is_written_once_with_mode_and_owner(room: Room) -> None:
    effect = Put("cmp1", CONF, 0o640, "root", "nova", content=TEXT.encode())
    assert room.do(effect).is_change
    assert not room.do(effect).is_change
    assert room.world.file("cmp1", CONF) == {"text": TEXT, "mode": "0640", "owner": "root", "group": "nova"}
    assert room.do(replace(effect, mode=0o600)).is_change


UNIT = "/etc/systemd/system/nova-api.service"


def test_what_becomes_otherwise_in_a_unit_or_start_up_file_is_told_without_secrets(room: Room) -> None:
    room.world.put_file("cmp1", UNIT, "[Service]\nUser=nova\nEnvironment=DB_PASSWORD=hunter2\nExecStart=/old/uwsgi\n")
    put = Put(
        "cmp1", UNIT, 0o644, content=b"[Service]\nUser=nova\nEnvironment=A_TOKEN=swordfish\nExecStart=/new/uwsgi\n"
    )
    (told,) = room.do(put).findings
    assert (told.code, told.severity, told.subject) == ("execution.config-changed", Severity.NOTE, f"cmp1:{UNIT}")
    assert told.evidence[0] == f"--- {UNIT} (before)"
    assert {"-ExecStart=/old/uwsgi", "+ExecStart=/new/uwsgi", " User=nova"} <= set(told.evidence)
    assert "hunter2" not in str(told)
    assert "swordfish" not in str(told)
    assert room.do(put).findings == ()
    (made,) = room.do(replace(put, path="/etc/uwsgi/nova-api.ini")).findings
    assert "+ExecStart=/new/uwsgi" in made.evidence


@pytest.mark.parametrize("path", ["/etc/keystone/fernet-keys/1", "/etc/nova/policy.yaml"])
def test_of_files_that_may_be_nothing_but_a_secret_no_difference_is_told(room: Room, path: str) -> None:
    room.world.put_file("cmp1", path, "c2VjcmV0\n")
    assert room.do(Put("cmp1", path, 0o600, content=b"b3RoZXI=\n")).findings == ()


def test_a_file_is_removed_once(room: Room) -> None:
    room.world.put_file("cmp1", CONF, TEXT)
    assert room.do(Remove("cmp1", CONF)).is_change
    assert not room.do(Remove("cmp1", CONF)).is_change
    assert room.world.file("cmp1", CONF) is None


def test_the_first_bytes_saved_of_a_file_are_the_recorded_ones(room: Room) -> None:
    room.world.put_file("cmp1", CONF, TEXT)
    room.world.put_file("cmp1", "/etc/nova/api/paste.ini", "[pipeline]\n", mode="0644", owner="root")
    room.do(Save("cmp1", ("/etc/nova", "/etc/missing.conf")))
    room.world.put_file("cmp1", CONF, "changed")
    assert room.do(Save("cmp1", ("/etc/nova", "/etc/missing.conf"))).is_change is False
    saved = {file.path: file for file in room.bench.journal.files.all("run-1", "cmp1")}
    assert {path: file.sha256 for path, file in saved.items()} == {
        CONF: digest(TEXT),
        "/etc/nova/api/paste.ini": digest("[pipeline]\n"),
        "/etc/missing.conf": None,
    }
    assert (saved[CONF].mode, saved[CONF].owner) == ("0640", "nova")


def test_saved_bytes_come_back_with_put_also_in_another_run(room: Room) -> None:
    room.world.put_file("cmp1", CONF, TEXT)
    room.do(Save("cmp1", (CONF,)))
    room.world.put_file("cmp1", CONF, "changed")
    way_back = Room(room.shop, replace(room.bench, run="run-2"))
    way_back.do(Put("cmp1", CONF, 0o640, "nova", "nova", blob=digest(TEXT)))
    assert room.world.file("cmp1", CONF) == {"text": TEXT, "mode": "0640", "owner": "nova", "group": "nova"}


def test_bytes_that_were_never_saved_cannot_be_put(room: Room) -> None:
    with pytest.raises(InputError, match="are not in"):
        room.do(Put("cmp1", CONF, 0o640, blob=digest("nothing")))


def test_a_configuration_file_is_saved_edited_in_its_lines_and_the_difference_told_without_secrets(
    room: Room,
) -> None:
    room.world.put_file("cmp1", CONF, TEXT)
    edits = (("set", "DEFAULT", "debug", "false"), ("set", "upgrade_levels", "compute", "auto"))
    effect = EditConfig("cmp1", CONF, edits)
    result = room.do(effect)
    assert room.world.file("cmp1", CONF) == {
        "text": TEXT.replace("true", "false") + "[upgrade_levels]\ncompute = auto\n",
        "mode": "0640",
        "owner": "nova",
        "group": "nova",
    }
    (told,) = result.findings
    assert (told.code, told.severity, told.subject) == ("execution.config-changed", Severity.NOTE, f"cmp1:{CONF}")
    assert {"-debug = true", "+debug = false", "+compute = auto"} <= set(told.evidence)
    assert "hunter2" not in "".join(told.evidence)
    assert room.do(effect).is_change is False
    assert [file.sha256 for file in room.bench.journal.files.all("run-1")] == [digest(TEXT)]


def test_bytes_of_a_configuration_file_that_are_no_utf_8_stay_as_they_are(room: Room) -> None:
    old = b"# Gr\xfc\xdfe from an old editor\n[DEFAULT]\ndebug = true\n".decode(errors="surrogateescape")
    room.world.put_file("cmp1", CONF, old)
    result = room.do(EditConfig("cmp1", CONF, (("set", "DEFAULT", "debug", "false"),)))
    now = room.world.file("cmp1", CONF)
    assert now is not None and now["text"] == old.replace("true", "false")
    "".join(result.findings[0].evidence).encode()  # can be printed


def test_a_configuration_file_that_is_not_there_cannot_be_edited(room: Room) -> None:
    with pytest.raises(InputError, match=f"{CONF} is not on cmp1"):
        room.do(EditConfig("cmp1", CONF, (("set", "DEFAULT", "debug", "false"),)))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "nova.tar.zst"
    path.write_text("the archive")
    return path


def test_an_archive_is_sent_once_and_checked(room: Room, archive: Path) -> None:
    equipped = room.with_means(find_archive=lambda project, release, sha256: archive)
    effect = Send("cmp1", "nova", "2025.1", digest("the archive"), "/opt/nova.tar.zst")
    assert equipped.do(effect).is_change
    assert not equipped.do(effect).is_change


def test_an_archive_that_arrives_with_other_bytes_is_told(room: Room, archive: Path) -> None:
    equipped = room.with_means(find_archive=lambda project, release, sha256: archive)
    with pytest.raises(CommandFailed, match="arrived on cmp1 with other bytes"):
        equipped.do(Send("cmp1", "nova", "2025.1", digest("another archive"), "/opt/nova.tar.zst"))


def put_dump(world: World, text: str, told: str) -> Receive:
    world.put_file("ctl1", "/var/backup/dump", text)
    world.put_file("ctl1", "/var/backup/dump.sha256", f"{digest(told)}  dump\n")
    return Receive("ctl1", "/var/backup/dump", "dump")


def test_a_dump_is_received_into_the_runs_folder_and_checked(room: Room) -> None:
    room.do(put_dump(room.world, "rows", "rows"))
    received = room.bench.received / "dump"
    assert (received.read_text(), received.stat().st_mode & 0o777) == ("rows", 0o600)


def test_a_dump_that_arrives_with_other_bytes_is_not_kept(room: Room) -> None:
    with pytest.raises(CommandFailed, match="arrived from ctl1 with other bytes"):
        room.do(put_dump(room.world, "rows", "other rows"))
    assert list(room.bench.received.iterdir()) == []


def test_with_an_age_recipient_what_is_kept_is_encrypted_and_only_its_identity_opens_it(
    room: Room, tmp_path: Path
) -> None:
    import pyrage

    identity = pyrage.x25519.Identity.generate()
    (tmp_path / "identity").write_text(f"# made by a test\n{identity}\n")
    sealed = room.with_means(sealing=Sealing(str(identity.to_public())))
    room.world.put_file("cmp1", CONF, TEXT)
    sealed.do(Save("cmp1", (CONF,)))
    sealed.do(put_dump(room.world, "rows", "rows"))
    kept = [path for path in (room.shop.home.run_folder("run-1")).rglob("*") if path.is_file()]
    assert {path.suffix for path in kept} == {".age", ".sha256"}
    assert all(b"hunter2" not in path.read_bytes() for path in kept)
    assert pyrage.decrypt((sealed.bench.received / "dump.age").read_bytes(), [identity]) == b"rows"
    with pytest.raises(InputError, match="no age identity was given"):
        sealed.bench.vault.get(digest(TEXT))
    opened = room.with_means(sealing=Sealing(str(identity.to_public()), tmp_path / "identity"))
    assert opened.bench.vault.get(digest(TEXT)) == TEXT.encode()


def test_a_dump_that_cannot_be_encrypted_does_not_stay_in_plain_text(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    import pyrage

    with pytest.raises(InputError, match="no age recipient"):
        room.with_means(sealing=Sealing("age1nobody")).do(put_dump(room.world, "rows", "rows"))
    assert list(room.bench.received.iterdir()) == []

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("pyrage.encrypt_io", full)
    sealed = room.with_means(sealing=Sealing(str(pyrage.x25519.Identity.generate().to_public())))
    with pytest.raises(NoSpace, match="No space left"):
        sealed.do(put_dump(room.world, "rows", "rows"))
    assert list(room.bench.received.iterdir()) == []


def test_an_identity_file_that_is_not_there_is_told(room: Room, tmp_path: Path) -> None:
    import pyrage

    recipient = str(pyrage.x25519.Identity.generate().to_public())
    room.world.put_file("cmp1", CONF, TEXT)
    sealed = room.with_means(sealing=Sealing(recipient, tmp_path / "nowhere"))
    sealed.do(Save("cmp1", (CONF,)))
    with pytest.raises(InputError, match="nowhere does not open the saved files"):
        sealed.bench.vault.get(digest(TEXT))


def test_an_api_is_called(room: Room) -> None:
    request = ApiRequest("compute", "PUT", "/os-services/1", body={"status": "disabled"})
    assert room.do(Call(request)).text == "status 200"
    assert isinstance(room.bench.api, WorldApi)
    assert room.bench.api.asked == [request]


def test_waiting_ends_when_it_is_so_and_says_what_was_found_when_it_never_is(room: Room) -> None:
    room.world.set("cmp1", servers=2)
    assert room.do(is_number("cmp1", "servers", 2)).failure is None
    waited = room.do(replace(is_number("cmp1", "servers", 0, timeout_s=0.03), on_timeout="look at the servers"))
    assert waited.failure == "after 0 s still not: servers is 0; look at the servers"
    assert waited.evidence == ("servers is 0: no, found 2",)


class Balancers:
    """Two HAProxy runtime sockets with a hold map each."""

    def __init__(self) -> None:
        self.maps: dict[str, list[str]] = {"ctl1": [], "ctl2": []}
        self.dead: set[str] = set()
        self.has_map = True
        self.said: list[str] = []

    def run(self, host: str, command: Command) -> CommandResult:
        if host in self.dead:
            raise HostUnreachable("remote.unreachable", f"{host} does not answer")
        assert command.argv == ("socat", "-t5", "-", "UNIX-CONNECT:/run/haproxy/admin.sock")
        assert command.stdin is not None
        word, _, named, *rest = command.stdin.decode().split()
        if word == "set":
            return CommandResult(0, "\n" if named.endswith("/ctl1") else "No such server.\n", "")
        if not self.has_map:
            return CommandResult(0, "Unknown map identifier. Please use #<id> or <file>.\n", "")
        if word == "show":
            return CommandResult(0, "".join(f"0x55{i} {name} 1\n" for i, name in enumerate(self.maps[host])), "")
        self.said.append(f"{host}: {word} {rest[0]}")
        self.maps[host].append(rest[0]) if word == "add" else self.maps[host].remove(rest[0])
        return CommandResult(0, "\n", "")


@pytest.fixture
def balanced(room: Room) -> tuple[Room, Balancers]:
    balancers = Balancers()
    cloud = replace(CLOUD, load_balancer=LoadBalancer(("ctl1", "ctl2"), "192.0.2.250"))
    return Room(room.shop, replace(room.bench, cloud=cloud, transport=balancers)), balancers


def test_requests_are_held_and_released_once_on_every_load_balancer(balanced: tuple[Room, Balancers]) -> None:
    room, balancers = balanced
    assert room.do(Hold("nova-api")).is_change
    assert not room.do(Hold("nova-api")).is_change
    assert balancers.maps == {"ctl1": ["nova-api"], "ctl2": ["nova-api"]}
    assert room.do(Release("nova-api")).is_change
    assert not room.do(Release("nova-api")).is_change
    assert balancers.said == [f"{host}: {word} nova-api" for word in ("add", "del") for host in ("ctl1", "ctl2")]


def test_when_one_load_balancer_cannot_hold_none_does(balanced: tuple[Room, Balancers]) -> None:
    room, balancers = balanced
    balancers.dead.add("ctl2")
    with pytest.raises(HostUnreachable):
        room.do(Hold("nova-api"))
    assert balancers.maps["ctl1"] == []


def test_releasing_reaches_every_load_balancer_even_if_one_is_dead(balanced: tuple[Room, Balancers]) -> None:
    room, balancers = balanced
    balancers.maps = {"ctl1": ["nova-api"], "ctl2": ["nova-api"]}
    balancers.dead.add("ctl1")
    with pytest.raises(HostUnreachable):
        room.do(Release("nova-api"))
    assert balancers.maps["ctl2"] == []


def test_a_load_balancer_without_the_hold_map_is_told(balanced: tuple[Room, Balancers]) -> None:
    room, balancers = balanced
    balancers.has_map = False
    with pytest.raises(CommandFailed, match="did not understand"):
        room.do(Hold("nova-api"))


def test_what_haproxy_answers_to_a_change_of_a_server_is_why_it_failed(balanced: tuple[Room, Balancers]) -> None:
    room, _ = balanced
    cloud = room.bench.cloud
    assert room.do(set_server(cloud, "ctl1", "nova-api", "ctl1", "state drain")).failure is None
    refused = room.do(set_server(cloud, "ctl1", "nova-api", "ctl9", "state drain"))
    assert refused.failure is not None
    assert refused.failure.startswith("a command on ctl1 was refused: No such server.")


@dataclass(frozen=True)
class Proof:
    name: str
    ok: bool
    detail: str
    is_tried: bool = True


def test_what_was_not_tried_is_not_called_proved(room: Room) -> None:
    equipped = room.with_means(prove=lambda cloud, name, release: Proof(name, True, "disabled", is_tried=False))
    result = equipped.do(Prove("boot-on:cmp1", "2025.1"))
    assert (result.failure, result.text, result.findings[0].found) == (None, "not tried", "not tried")


@pytest.mark.parametrize("ok", [True, False])
def test_a_proof_is_recorded_and_a_failed_one_fails_the_step(room: Room, ok: bool) -> None:
    equipped = room.with_means(prove=lambda cloud, name, release: Proof(name, ok, f"seen at {release}"))
    result = equipped.do(Prove("servers-untouched", "2025.1"))
    assert result.findings[0].summary == "seen at 2025.1"
    assert (result.failure is None) is ok


TABLE = """
+------------------------------------------------------------------+
| Upgrade Check Results                                            |
+------------------------------------------------------------------+
| Check: Cells v2                                                  |
| Result: Success                                                  |
| Details: None                                                    |
+------------------------------------------------------------------+
| Check: hw_machine_type unset                                     |
| Result: Warning                                                  |
| Details: Instances found without hw_machine_type set. This       |
|   warning can be ignored if your environment does not contain    |
|   libvirt based compute hosts.                                   |
+------------------------------------------------------------------+
| Check: Older than N-1 computes                                   |
| Result: {result:<57}|
| Details: Current Nova version does not support computes older    |
|   than Antelope.                                                 |
+------------------------------------------------------------------+
"""


class Checker:
    """A host whose status check ends as told."""

    def __init__(self, exit_code: int, stdout: str = "", stderr: str = "") -> None:
        self._result = CommandResult(exit_code, stdout, stderr)

    def run(self, host: str, command: Command) -> CommandResult:
        return self._result


def judged(room: Room, checker: Checker, *, projects: tuple[str, ...] = ("nova",), **more: Any) -> EffectResult:
    without_libvirt = {"cmp1": {"type": "fake"}}
    room = room.with_means(read_facts=lambda *asked: dict.fromkeys(asked[-1], without_libvirt))
    bench = replace(room.bench, transport=checker, **more)
    commands = {project: Command((f"{project}-status", "upgrade", "check")) for project in projects}
    return carry_out(bench, Judge("ctl1", "2025.1", tuple(commands.items())))


def test_a_status_check_that_succeeds_finds_nothing(room: Room) -> None:
    assert judged(room, Checker(0, TABLE.format(result="Success"))).findings == ()


def test_a_warning_that_the_catalog_knows_to_be_none_is_a_note(room: Room) -> None:
    (told,) = judged(room, Checker(1, TABLE.format(result="Success"))).findings
    assert (told.code, told.severity) == ("nova.status-check-hw-machine-type-unset", Severity.NOTE)
    assert "Instances found without hw_machine_type set. This warning can be ignored" in told.summary


OLDER = "nova.status-check-older-than-n-1-computes"


def test_a_failing_check_refuses_and_cannot_be_accepted(room: Room) -> None:
    failed = judged(room, Checker(2, TABLE.format(result="Failure")), accepted=frozenset({OLDER}))
    assert failed.failure is not None
    assert "Older than N-1 computes" in failed.failure
    assert "--accept" not in failed.failure


def test_a_crash_refuses_and_cannot_be_accepted(room: Room) -> None:
    crashed = judged(room, Checker(255, stderr="boom"), accepted=frozenset({"nova.status-check-crashed"}))
    assert crashed.failure is not None
    assert "nova.status-check-crashed (failure)" in crashed.failure


def test_a_warning_that_nothing_explains_refuses_unless_it_was_accepted(room: Room) -> None:
    checker = Checker(1, TABLE.format(result="Warning"))
    warned = judged(room, checker)
    assert warned.failure is not None
    assert warned.failure.endswith(f"ostler upgrade --to 2025.1 --accept {OLDER} --out upgrade.plan")
    assert "hw-machine-type" not in warned.failure
    accepted = judged(room, checker, accepted=frozenset({OLDER}))
    assert accepted.failure is None
    assert {finding.severity for finding in accepted.findings} == {Severity.NOTE, Severity.WARNING}


def test_all_checks_are_told_together(room: Room) -> None:
    failed = judged(room, Checker(255, stderr="boom"), projects=("nova", "cinder", "glance"))
    assert [finding.subject for finding in failed.findings] == ["nova", "cinder", "glance"]
    assert failed.failure is not None
    assert failed.failure.count("status-check-crashed (failure)") == 3


def test_only_what_refuses_is_asked_again(room: Room) -> None:
    class OneFails(Checker):
        asked: ClassVar[list[str]] = []

        def run(self, host: str, command: Command) -> CommandResult:
            self.asked.append(command.argv[0])
            return CommandResult(255, "", "boom") if command.argv[0] == "nova-status" else self._result

    judged(room, OneFails(0), projects=("nova", "cinder"))
    assert OneFails.asked.count("cinder-status") == 1
    assert OneFails.asked.count("nova-status") == 4


def test_what_fails_for_a_moment_only_is_looked_at_again(room: Room) -> None:
    class Passing(Checker):
        looks = 0

        def run(self, host: str, command: Command) -> CommandResult:
            self.looks += 1
            return CommandResult(2, TABLE.format(result="Failure"), "") if self.looks < 3 else self._result

    checker = Passing(0, TABLE.format(result="Success"))
    assert judged(room, checker).failure is None
    assert checker.looks == 3


def test_a_check_that_crashes_says_nothing_about_the_cloud(room: Room) -> None:
    result = judged(room, Checker(255, "", "Traceback: NoSuchOptError"))
    assert result.failure is not None
    assert "nova-status ended with 255: it says nothing about the cloud" in result.failure


def test_scripts_and_contents_are_not_written_into_the_journal() -> None:
    script = Run("cmp1", Command(("sh", "-c", "set -e\nrm -rf x\n", "ostler-unpack", "/opt/x")))
    assert describe(script) == "run on cmp1: sh -c (script) ostler-unpack /opt/x"
    assert describe(Put("cmp1", CONF, 0o640, content=b"password = x")) == f"put cmp1:{CONF}"
