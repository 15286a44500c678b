"""Secrets do not reach what is told."""

from __future__ import annotations

import pytest

from ostler.masking import last_lines, mask_config_line, mask_output


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("connection = mysql+pymysql://nova:hunter2@db/nova", "connection = ********"),
        ("+transport_url=rabbit://nova:hunter2@mq1,nova:hunter2@mq2/", "+transport_url=********"),
        ("admin_password: hunter2", "admin_password: ********"),
        ("-secret_key = hunter2", "-secret_key = ********"),
        ("auth_url = http://admin:hunter2@keystone/", "auth_url = http://admin:********@keystone/"),
        ("debug = true", "debug = true"),
    ],
)
def test_a_configuration_line(line: str, shown: str) -> None:
    assert mask_config_line(line) == shown


def test_output_of_a_command() -> None:
    text = "cannot reach mysql://nova:hunter2@db/nova, password=hunter2, token: abc123, key 7"
    assert mask_output(text) == "cannot reach mysql://nova:********@db/nova, password=********, token: ********, key 7"


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ('password="my secret phrase" next', "password=******** next"),
        ("password='it\\'s secret' next", "password=******** next"),
        ('{"adminPass": "ab", "password": "a b", "x": 1}', '{"adminPass": ********, "password": ********, "x": 1}'),
        ("password = foo,bar; next", "password = ********; next"),
        ("openstack --os-password hunter2 server list", "openstack --os-password ******** server list"),
        ("mysql --password=hunter2 -e x", "mysql --password=******** -e x"),
        ("MYSQL_PWD=hunter2 mysql", "MYSQL_PWD=******** mysql"),
        ("passphrase = hunter2", "passphrase = ********"),
        ('password="never closed', "password=********"),
        ("password=\"never closed\nnext: 'line'", "password=********\nnext: 'line'"),
        (r"{\"password\": \"a b\", \"x\": 1}", r"{\"password\": ********, \"x\": 1}"),
        ("['mysql', '--password', 'hunter2', '-e']", "['mysql', '--password', ********, '-e']"),
        ("{'password': b'hun ter2', 'x': 1}", "{'password': ********, 'x': 1}"),
        ("Authorization: Bearer abc", "Authorization: ********"),
        ("X-Auth-Token: abc", "X-Auth-Token: ********"),
        ("token: Bearer abc next", "token: ******** next"),
        ("x: password=hunter2", "x: password=********"),
        ("--verbose --password hunter2", "--verbose --password ********"),
        ("the password was wrong", "the password was wrong"),
    ],
)
def test_every_way_to_write_a_password(told: str, shown: str) -> None:
    assert mask_output(told) == shown


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("rabbit://u:AAA@h1,u:BBB@h2,u:CCC@h3/nova", "rabbit://u:********@h1,u:********@h2,u:********@h3/nova"),
        ("rabbit://u:A@h1:5672,v:B@[fd00::2]:5672/", "rabbit://u:********@h1:5672,v:********@[fd00::2]:5672/"),
        ("mysql://u:AAA@h1/x and mysql://u:BBB@h2/x", "mysql://u:********@h1/x and mysql://u:********@h2/x"),
        ("redis://:AAA@h1:6379", "redis://:********@h1:6379"),
        ("mysql://u:A@A:A/A'A,A@h1/x", "mysql://u:********@h1/x"),
        ("'mysql://u:A\"A%40A#A?A;A=A@h1/x'", "'mysql://u:********@h1/x'"),
        ("http://h1:5000/v3 refused", "http://h1:5000/v3 refused"),
    ],
)
def test_every_password_of_every_url(told: str, shown: str) -> None:
    assert mask_output(told) == shown
    assert mask_config_line(told) == shown


@pytest.mark.parametrize("word", ["token", "a", "password=", "a://b:", "token: ", '"', "--token ", '\\"'])
def test_a_long_line_is_masked_in_time_that_grows_with_its_length(word: str) -> None:
    """Many passes, not seconds: a shape that tries every start with every length would take minutes for these."""
    mask_output(word * (20_000 // len(word)))
    mask_config_line(word * (20_000 // len(word)))


def test_only_the_last_lines_that_say_something_are_told() -> None:
    text = "\n".join([f"line {n}" for n in range(30)] + ["", "  ", "x" * 400])
    lines = last_lines(text, count=3)
    assert lines == ("line 28", "line 29", "x" * 300)
