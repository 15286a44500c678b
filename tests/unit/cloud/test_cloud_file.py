"""The cloud file: what it says, and what is said when it is wrong."""

from pathlib import Path

import pytest

from ostler.cloud.file import read_cloud_file, write_cloud_file
from ostler.cloud.model import Access, Cloud, Databases, EnvironmentsStore, Host, Policy
from ostler.errors import InputError

GOOD = """\
name: practice
release: "2024.1"
deployment: venv
access: {user: root, key: keys/id_ed25519, known_hosts: ./known_hosts}
api: {clouds_yaml: ./clouds.yaml, cloud: practice}
load_balancer: {kind: haproxy, hosts: [ctl1, ctl2], socket: /run/haproxy/admin.sock, vip: 10.77.0.250}
databases: {kind: mariadb, hosts: [ctl1, ctl2], galera: true}
messaging: {kind: rabbitmq, hosts: [ctl1, ctl2]}
environments: {store: /srv/environments}
policy: {rehearsal: required, rehearsal_days: 14}
hosts:
  ctl1: {address: 10.77.0.11, roles: [controller], domain: rack1}
  ctl2: {address: 10.77.0.12, roles: [controller, network], domain: rack2}
  cmp1: {address: 10.77.0.21, roles: [compute]}
"""


def written(tmp_path: Path, text: str = GOOD) -> Path:
    path = tmp_path / "cloud.yaml"
    path.write_text(text)
    return path


def refusal(tmp_path: Path, text: str) -> InputError:
    with pytest.raises(InputError) as caught:
        read_cloud_file(written(tmp_path, text))
    assert caught.value.exit_code == 2
    return caught.value


def test_every_part_is_read(tmp_path: Path) -> None:
    cloud = read_cloud_file(written(tmp_path))
    assert (cloud.name, cloud.release, cloud.deployment) == ("practice", "2024.1", "venv")
    assert cloud.access.key == tmp_path / "keys/id_ed25519"
    assert cloud.access.known_hosts == tmp_path / "known_hosts"
    assert cloud.api is not None and cloud.api.clouds_yaml == tmp_path / "clouds.yaml"
    assert cloud.load_balancer is not None and cloud.load_balancer.vip == "10.77.0.250"
    assert cloud.databases == Databases(("ctl1", "ctl2"), "mariadb", True)
    assert cloud.messaging.hosts == ("ctl1", "ctl2")
    assert cloud.environments == EnvironmentsStore(Path("/srv/environments"))
    assert cloud.policy == Policy(demands_rehearsal=True, rehearsal_days=14)
    assert cloud.host("ctl2") == Host("ctl2", "10.77.0.12", ("controller", "network"), "rack2")


def test_what_may_be_left_out_has_defaults(tmp_path: Path) -> None:
    text = 'name: a\nrelease: "2025.1"\ndeployment: apt\nhosts:\n  c: {address: c.example, roles: [controller]}\n'
    cloud = read_cloud_file(written(tmp_path, text))
    assert cloud.access == Access("root", 22, None, None, None)
    assert cloud.api is None and cloud.load_balancer is None
    assert cloud.policy == Policy(demands_rehearsal=False, rehearsal_days=30)
    assert cloud.databases.hosts == cloud.messaging.hosts == ()


def test_a_tilde_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/op")
    cloud = read_cloud_file(written(tmp_path, GOOD.replace("keys/id", "~/.ssh/id")))
    assert cloud.access.key == Path("/home/op/.ssh/id_ed25519")


def test_hosts_are_found_by_role_in_order(tmp_path: Path) -> None:
    cloud = read_cloud_file(written(tmp_path))
    assert [host.name for host in cloud.hosts_with("controller")] == ["ctl1", "ctl2"]
    assert [host.name for host in cloud.hosts_with("storage")] == []
    assert (cloud.domain_of("ctl1"), cloud.domain_of("cmp1")) == ("rack1", "cmp1")


def test_an_unknown_host_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_cloud_file(written(tmp_path)).host("clt1")
    assert caught.value.code == "cloud.unknown-host"
    assert caught.value.do_next == "did you mean ctl1?"


@pytest.mark.parametrize(
    ("old", "new", "code", "line", "message"),
    [
        ("galera:", "galara:", "cloud.unknown-key", 7, "databases.galara: there is no such key; did you mean galera?"),
        ("messaging:", "mesaging:", "cloud.unknown-key", 8, "mesaging: there is no such key; did you mean messaging?"),
        ("domain: rack2", "rack: r", "cloud.unknown-key", 13, "hosts.ctl2.rack: there is no such key"),
        ("user: root, ", "usr: x, ", "cloud.unknown-key", 4, "access.usr: there is no such key; did you mean user?"),
        ("deployment: venv\n", "", "cloud.missing-key", 1, "deployment: this key is missing"),
        (", vip: 10.77.0.250", "", "cloud.missing-key", 6, "load_balancer.vip: this key is missing"),
        ('"2024.1"', "2024.1", "cloud.bad-value", 2, 'release: 2024.1 is not text; put it in quotes, as "2025.1"'),
        ('"2024.1"', '"2024.3"', "catalog.unknown-release", 2, "did you mean 2024.2"),
        ('"2024.1"', "newton", "catalog.release-not-planned", 2, "ostler catalog hops newton --to ocata"),
        ("[compute]", "[computer]", "cloud.bad-value", 14, "hosts.cmp1.roles.0: 'computer' should be 'controller'"),
        ("[compute]", "[]", "cloud.no-role", 14, "hosts.cmp1.roles: a host needs a role"),
        ("deployment: venv", "deployment: juju", "cloud.bad-value", 3, "deployment: 'juju' should be 'venv', 'apt'"),
        ("galera: true", 'galera: "true"', "cloud.bad-value", 7, "databases.galera: 'true' should be"),
        ("user: root", "port: 70000", "cloud.bad-value", 4, "access.port: 70000 should be less than"),
        ("messaging: {kind: rabbitmq, hosts: [ctl1", "messaging: {hosts: [clt1", "cloud.unknown-host", 8, "ctl1?"),
        ("10.77.0.21", "10.77.0.11", "cloud.same-address", 14, "ctl1 has this address already"),
        ("hosts: [ctl1, ctl2], s", "hosts: [ctl1, ctl1], s", "cloud.host-twice", 6, "ctl1 is listed twice"),
        ("  ctl2:", "  ctl1:", "cloud.key-twice", 13, "hosts.ctl1: this key is given twice (first in line 12)"),
        ("vip: 10.77.0.250", "vip: -x", "cloud.bad-name", 6, "load_balancer.vip: '-x' is not an address"),
        ("/run/haproxy/admin.sock", "'/run/a b'", "cloud.bad-name", 6, "is not a full path"),
        ("user: root", "user: '-root'", "cloud.bad-name", 4, "access.user: '-root' cannot be a user's name"),
        ("user: root", "proxy_jump: -oX", "cloud.bad-name", 4, "access.proxy_jump: '-oX' is not a host"),
        (
            "rehearsal: req",
            "rehersal: req",
            "cloud.unknown-key",
            10,
            "policy.rehersal: there is no such key; did you mean",
        ),
        ("required", "always", "cloud.bad-value", 10, "policy.rehearsal: 'always' should be 'required' or 'optional'"),
        (
            "rehearsal_days: 14",
            "rehearsal_days: 0",
            "cloud.bad-value",
            10,
            "policy.rehearsal_days: 0 should be greater",
        ),
        ("name: practice", "name: ../x", "cloud.bad-name", 1, "name: '../x' cannot be the name of a cloud"),
    ],
)
def test_one_problem_names_file_line_and_key(
    tmp_path: Path, old: str, new: str, code: str, line: int, message: str
) -> None:
    assert old in GOOD
    error = refusal(tmp_path, GOOD.replace(old, new, 1))
    assert error.code == code
    assert f"{tmp_path}/cloud.yaml has a problem:\n  line {line}: " in error.summary
    assert message in error.summary


@pytest.mark.parametrize(
    "name", ["-oProxyCommand=reboot", "a b", "a;b", "a/b", "$(a)", ".hidden", "x" * 254, "é", "'a\\nb'", '"\\e[2J"']
)
def test_hostile_host_names_are_refused_and_shown_harmlessly(tmp_path: Path, name: str) -> None:
    error = refusal(tmp_path, GOOD.replace("cmp1:", f"{name if name[0] in chr(34) + chr(39) else repr(name)}:"))
    assert error.code == "cloud.bad-name"
    assert "cannot be the name of a host" in error.summary
    assert "\x1b" not in error.summary


@pytest.mark.parametrize("address", ["10.0.0.1 -v", "-v", "fe80::1%eth0", "a_b:22", "::g"])
def test_hostile_addresses_are_refused(tmp_path: Path, address: str) -> None:
    assert refusal(tmp_path, GOOD.replace("10.77.0.21", repr(address))).code == "cloud.bad-name"


@pytest.mark.parametrize("address", ["10.0.0.9", "fd00::9", "cmp1.example.org"])
def test_addresses_and_dns_names_are_taken(tmp_path: Path, address: str) -> None:
    cloud = read_cloud_file(written(tmp_path, GOOD.replace("10.77.0.21", repr(address))))
    assert cloud.host("cmp1").address == address


def test_all_problems_are_told_together_in_order_of_lines(tmp_path: Path) -> None:
    text = GOOD.replace("galera:", "galara:").replace("name: practice", "nam: practice").replace("[compute]", "[x]")
    error = refusal(tmp_path, text)
    assert error.code == "cloud.bad-file"
    assert "has 4 problems:" in error.summary
    lines = [int(line.split(":")[0].removeprefix("  line ")) for line in error.summary.splitlines()[1:]]
    assert lines == sorted(lines) == [1, 1, 7, 14]


def test_a_cloud_without_controllers_is_refused(tmp_path: Path) -> None:
    text = 'name: a\nrelease: "2025.1"\ndeployment: apt\nhosts:\n  c: {address: c, roles: [compute]}\n'
    assert refusal(tmp_path, text).code == "cloud.no-controller"


@pytest.mark.parametrize("text", ["", "- a\n", "just text"])
def test_what_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    assert "must be a mapping" in refusal(tmp_path, text).summary


def test_broken_yaml_names_the_line(tmp_path: Path) -> None:
    error = refusal(tmp_path, GOOD + "  bad: [\n")
    assert error.code == "cloud.not-yaml"
    assert "at line 1" in error.summary


def test_aliases_are_refused(tmp_path: Path) -> None:
    text = GOOD.replace("hosts: [ctl1, ctl2], s", "hosts: &h [ctl1, ctl2], s").replace(
        "mariadb, hosts: [ctl1, ctl2]", "mariadb, hosts: *h"
    )
    assert refusal(tmp_path, text).code == "cloud.alias"


def test_a_missing_file_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_cloud_file(tmp_path / "none.yaml")
    assert caught.value.code == "cloud.no-file"
    assert "ostler init" in caught.value.do_next


def test_what_is_written_is_read_back_the_same(tmp_path: Path) -> None:
    cloud = read_cloud_file(written(tmp_path))
    other = tmp_path / "other.yaml"
    write_cloud_file(cloud, other)
    assert read_cloud_file(other) == cloud
    assert "known_hosts: ./known_hosts" in other.read_text()
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_file_is_not_overwritten_without_force(tmp_path: Path) -> None:
    path = written(tmp_path)
    cloud = read_cloud_file(path)
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        write_cloud_file(cloud, path)
    assert caught.value.code == "cloud.file-exists"
    assert path.read_bytes() == before
    write_cloud_file(cloud, path, force=True)
    assert read_cloud_file(path) == cloud


def test_what_could_not_be_read_back_is_not_written(tmp_path: Path) -> None:
    cloud = Cloud("a", "2025.1", "venv", {"-x": Host("-x", "10.0.0.1", ("controller",))})
    with pytest.raises(InputError) as caught:
        write_cloud_file(cloud, tmp_path / "new.yaml")
    assert caught.value.code == "cloud.bad-name"
    assert list(tmp_path.iterdir()) == []


def test_the_digest_is_of_the_cloud_and_not_of_how_it_is_reached(tmp_path: Path) -> None:
    digest = read_cloud_file(written(tmp_path)).digest()
    for old, new, same in [
        ("user: root", "user: ops", True),
        ("/srv/environments", "/srv/other", True),
        ("2024.1", "2025.1", True),
        ("10.77.0.21", "10.77.0.22", False),
        ("rack2", "rack1", False),
        ("galera: true", "galera: false", False),
        ("name: practice", "name: other", False),
    ]:
        changed = read_cloud_file(written(tmp_path, GOOD.replace(old, new)))
        assert (changed.digest() == digest) is same, new
