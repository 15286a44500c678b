"""Reading a cloud: one round trip per host, and a reason in place of every fact that could not be read."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest

from ostler.cloud.model import Cloud, Databases, Host, LoadBalancer, Messaging
from ostler.commands import ApiRequest, ApiResponse, Command, CommandResult, WebAnswer
from ostler.errors import AccessDenied, HostUnreachable
from ostler.execution.reading import read_facts, read_snapshot, status_requests, upgrade_requests
from ostler.facts.model import Unknown, wanted
from ostler.facts.registry import fact

CONTROLLERS = ("ctl1", "ctl2", "ctl3")
CLOUD = Cloud(
    "small",
    "2024.1",
    "venv",
    {name: Host(name, f"10.0.0.{i}", ("controller",)) for i, name in enumerate(CONTROLLERS, 1)},
    load_balancer=LoadBalancer(CONTROLLERS, "10.0.0.250"),
    databases=Databases(CONTROLLERS, is_galera=True),
    messaging=Messaging(CONTROLLERS),
)
CLOCK = CommandResult(0, "1.5\nboot\nctl\n6.1\n", "")
NO_DATABASE = CommandResult(1, "", "ERROR 2002 (HY000): Can't connect to local server\n")


@dataclass
class FakeHosts:
    """Answers clocks and databases; notes every round trip and how many went on at once."""

    unreachable: frozenset[str] = frozenset()
    without_database: frozenset[str] = frozenset()
    together: threading.Barrier | None = None
    trips: list[tuple[str, int]] = field(default_factory=list)

    def run_batch(self, host: str, commands: Sequence[Command], within_s: float | None = None) -> list[CommandResult]:
        self.trips.append((host, len(commands)))
        if self.together:
            self.together.wait(5)
        if host in self.unreachable:
            raise HostUnreachable("remote.unreachable", f"{host} does not answer", do_next="look at it")
        return [self._answer(host, command) for command in commands]

    def _answer(self, host: str, command: Command) -> CommandResult:
        if command.argv[0] == "mariadb":
            return NO_DATABASE if host in self.without_database else CommandResult(0, "cmp1\t2\n", "")
        return CLOCK if "ostler-host.clock" in command.argv else CommandResult(0, "garbage", "")


class FakeApi:
    """Gives two pages of servers, and refuses everything else."""

    def __init__(self) -> None:
        self.asked: list[ApiRequest] = []

    def call(self, request: ApiRequest) -> ApiResponse:
        self.asked.append(request)
        if request.service != "image":
            raise AccessDenied("api.denied", "the password is wrong", do_next="correct it")
        image = {"id": "b" if "marker" in request.path else "a", "name": "i", "status": "active"}
        body: dict[str, object] = {"images": [image]}
        if "marker" not in request.path:
            body["next"] = "/v2/images?visibility=all&limit=1000&marker=a"
        return ApiResponse(200, body)

    def close(self) -> None:
        pass


def read(hosts: FakeHosts, *requests: object, api: FakeApi | None = None) -> list[object]:
    return list(read_facts(CLOUD, hosts, api, requests).values())


def test_a_host_is_asked_everything_in_one_round_trip() -> None:
    hosts = FakeHosts()
    read(
        hosts,
        wanted("host.clock", "ctl1"),
        wanted("host.disk", "ctl1"),
        wanted("nova.busy"),
        wanted("host.units", "ctl2"),
    )
    assert sorted(hosts.trips) == [("ctl1", 3), ("ctl2", 1)]


def test_hosts_are_asked_side_by_side() -> None:
    hosts = FakeHosts(together=threading.Barrier(3))
    values = read(hosts, *(wanted("host.clock", host) for host in CONTROLLERS))
    assert not any(isinstance(value, Unknown) for value in values)


def test_the_same_fact_asked_for_twice_is_read_once() -> None:
    hosts = FakeHosts()
    assert len(read(hosts, wanted("host.clock", "ctl1"), wanted("host.clock", "ctl1"))) == 1
    assert hosts.trips == [("ctl1", 1)]


def test_an_unreachable_host_makes_its_facts_unknown_and_no_others() -> None:
    hosts = FakeHosts(unreachable=frozenset({"ctl2"}))
    down, up = read(hosts, wanted("host.clock", "ctl2"), wanted("host.clock", "ctl1"))
    assert down == Unknown("ctl2 does not answer", "remote.unreachable", "look at it")
    assert up == {"epoch": 1.5, "boot_id": "boot", "hostname": "ctl", "kernel": "6.1"}


def test_output_that_is_not_understood_makes_one_fact_unknown() -> None:
    disk, clock = read(FakeHosts(), wanted("host.disk", "ctl1"), wanted("host.clock", "ctl1"))
    assert isinstance(disk, Unknown)
    assert "free disk space" in disk.reason
    assert isinstance(clock, dict)


@pytest.mark.parametrize(
    "hosts", [FakeHosts(unreachable=frozenset({"ctl1"})), FakeHosts(without_database=frozenset({"ctl1"}))]
)
def test_the_next_database_host_is_asked_when_the_first_gives_no_answer(hosts: FakeHosts) -> None:
    assert read(hosts, wanted("nova.busy")) == [{"cmp1": 2}]
    assert [host for host, _ in hosts.trips] == ["ctl1", "ctl2"]


def test_without_any_database_the_last_reason_is_told() -> None:
    (value,) = read(FakeHosts(without_database=frozenset(CONTROLLERS)), wanted("nova.busy"))
    assert isinstance(value, Unknown)
    assert "ERROR 2002" in value.reason


def test_what_cannot_be_asked_of_this_cloud_is_unknown() -> None:
    values = read(FakeHosts(), wanted("host.clock", "ctl9"), wanted("host.clock"), wanted("api.images"))
    assert [type(value) for value in values] == [Unknown] * 3
    balanced = replace(CLOUD, load_balancer=None)
    (value,) = read_facts(balanced, FakeHosts(), None, [wanted("haproxy.servers", "ctl1")]).values()
    assert value == Unknown("the cloud file names no load balancer")


def test_a_fact_that_does_not_exist_is_a_bug() -> None:
    with pytest.raises(KeyError, match=r"host\.colour"):
        read(FakeHosts(), wanted("host.colour", "ctl1"))


def test_all_pages_of_a_list_are_read_and_the_links_address_is_not_followed() -> None:
    api = FakeApi()
    (images,) = read(FakeHosts(), wanted("api.images"), api=api)
    assert set(images) == {"a", "b"}
    assert [request.path for request in api.asked] == [
        "/v2/images?visibility=all&limit=1000",
        "/v2/images?visibility=all&limit=1000&marker=a",
    ]


def test_refused_credentials_make_api_facts_unknown() -> None:
    (value,) = read(FakeHosts(), wanted("api.networks"), api=FakeApi())
    assert value == Unknown("the password is wrong", "api.denied", "correct it")


def test_the_virtual_address_is_asked_only_by_who_brings_the_means() -> None:
    request = wanted("vip.answers")
    assert isinstance(read_facts(CLOUD, FakeHosts(), None, [request])[request], Unknown)
    value = read_facts(CLOUD, FakeHosts(), None, [request], lambda url: WebAnswer(200, 0.1))[request]
    assert value["keystone"] == {"status": 200, "seconds": 0.1}


def test_a_snapshot_tells_when_it_was_taken() -> None:
    times = iter([100.0, 100.1, 100.2])
    snapshot = read_snapshot(CLOUD, FakeHosts(), None, [wanted("host.clock", "ctl1")], lambda: next(times))
    assert snapshot.taken_at == 100.0
    assert snapshot.known("host.clock", "ctl1")["epoch"] == 1.5


@pytest.mark.parametrize("requests", [status_requests, upgrade_requests])
def test_what_is_asked_for_exists_and_covers_every_host(requests: object) -> None:
    asked = requests(CLOUD)
    assert all(fact(request.fact) for request in asked)
    assert {request.host for request in asked} >= set(CONTROLLERS)
