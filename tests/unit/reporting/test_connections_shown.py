"""What `ostler config connections` makes of what the hosts said."""

from __future__ import annotations

from typing import Any

from healthy_cloud import cloud

from ostler.facts.model import Snapshot, Unknown, wanted
from ostler.reporting.connections import connections_json, connections_of, connections_text

CLOUD = cloud()
VIP = {"host": "10.77.0.250", "port": 3306, "answer": "answers"}


def connection(file: str = "/etc/nova/nova.conf", **changed: Any) -> dict[str, Any]:
    made = {"file": file, "line": 7, "group": "database", "option": "connection", "kind": "database"}
    return made | {"scheme": "mysql+pymysql", "user": "nova", "name": "nova", "servers": [VIP]} | changed


def broker(answer: str) -> dict[str, Any]:
    servers = [{"host": f"10.77.0.1{n}", "port": 5672, "answer": "answers" if n < 3 else answer} for n in (1, 2, 3)]
    words = {"group": "DEFAULT", "option": "transport_url", "kind": "messaging", "scheme": "rabbit", "name": ""}
    return connection(**words, user="openstack", servers=servers)


def read(**hosts: Any) -> Snapshot:
    """A snapshot of the cloud; hosts that are not named name nothing in their files."""
    said = {host: hosts.get(host, []) for host in CLOUD.hosts}
    values = {
        wanted("host.connections", host): {"found": value, "unread": {}} if isinstance(value, list) else value
        for host, value in said.items()
    }
    return Snapshot(CLOUD, 0.0, values)


def test_a_database_is_told_once_with_all_who_use_it() -> None:
    placement = connection(
        "/etc/placement/placement.conf", group="placement_database", user="placement", name="placement"
    )
    found = connections_of(read(ctl1=[connection(), placement], ctl2=[connection()], cmp1=[broker("answers")]))
    assert found.is_fine
    assert connections_text(found).splitlines() == [
        "2 databases and 1 message bus in 2 configuration files; every server that was asked answers.",
        "",
        "DATABASES",
        "  nova                    mysql+pymysql  nova@10.77.0.250:3306",
        "    /etc/nova/nova.conf [database] connection                           ctl1 ctl2",
        "  placement               mysql+pymysql  placement@10.77.0.250:3306",
        "    /etc/placement/placement.conf [placement_database] connection       ctl1",
        "",
        "MESSAGE BUSES",
        "  /                       rabbit  openstack@10.77.0.11:5672, 10.77.0.12:5672, 10.77.0.13:5672",
        "    /etc/nova/nova.conf [DEFAULT] transport_url                         cmp1",
    ]


def test_a_server_that_does_not_answer_is_named_with_who_asked_it() -> None:
    found = connections_of(read(cmp1=[broker("refused")], cmp2=[broker("refused")], ctl1=[broker("wants TLS")]))
    assert not found.is_fine
    lines = connections_text(found).splitlines()
    assert lines[0].endswith("; 1 server not answering.")
    assert lines[-2:] == ["NOT ANSWERING", "  10.77.0.13:5672 (rabbit) refused: asked from cmp1, cmp2"]
    (told,) = connections_json(found, "practice")["not_answering"]
    assert told == {"server": "10.77.0.13:5672", "scheme": "rabbit", "answer": "refused", "hosts": ["cmp1", "cmp2"]}


def test_a_host_that_was_not_read_is_unknown_and_not_fine() -> None:
    found = connections_of(read(ctl1=[connection()], ctl2=Unknown("no answer in time")))
    assert not found.is_fine
    text = connections_text(found)
    assert text.splitlines()[0].endswith("; 1 place could not be read.")
    assert text.endswith("NOT READ\n  ctl2: no answer in time\n")


def test_what_hosts_say_does_nothing_to_a_terminal() -> None:
    nasty = connection("/etc/nova/\x1b[2Jx.conf", option="a\nb", user="\x07", name="\x9b")
    assert all(line.isprintable() for line in connections_text(connections_of(read(ctl1=[nasty]))).splitlines())


def test_a_file_that_was_not_read_is_named_with_its_host() -> None:
    unread = {"found": [connection()], "unread": {"/etc/nova/x.conf": "Input/output error"}}
    found = connections_of(read(ctl1=unread))
    assert not found.is_fine
    assert connections_text(found).endswith("NOT READ\n  ctl1 /etc/nova/x.conf: Input/output error\n")


def test_servers_that_were_not_asked_and_files_that_name_nothing_are_said_so() -> None:
    unwritten = connection(servers=[{"host": None, "port": None, "answer": None}])
    assert (
        connections_text(connections_of(read(ctl1=[unwritten])))
        .splitlines()[0]
        .endswith("every server that was asked answers; 1 told as ? not asked.")
    )
    assert connections_text(connections_of(read())).startswith("No configuration file on any host names a database")
