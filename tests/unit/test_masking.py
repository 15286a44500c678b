"""Secrets do not reach what is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ostler.masking import last_lines, mask_config_line, mask_output
from ostler.reporting.log_words import shown as as_shown


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


FERNET = "gAAAAABpLJx0" + "q7_-Zk3mT9" * 16 + "=="
CEPH = "AQD8Qx1gAAAAABAAqLmZbTk3mZ3uKjX9o0lTzA=="
PEM = "\n".join(["-----BEGIN RSA PRIVATE KEY-----", "MIIEpAIBAAKCAQEA" * 4, "qL3w==", "-----END RSA PRIVATE KEY-----"])
KEYS_AND_TOKENS = [
    (f"This is not a recognized Fernet token {FERNET} next", "This is not a recognized Fernet token ******** next"),
    ("token eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjE3Njg0.c2ln-bmF0dXJl next", "token ******** next"),
    (f"path=%3Ftoken%3D{FERNET} HTTP/1.1", "path=%3Ftoken%3D******** HTTP/1.1"),
    ("fernet_key=abc apikey: abc --auth_encryption_key abc", "fernet_key=******** apikey: ******** "
     "--auth_encryption_key ********"),
    ("routing_key=q.1 encryption_key_id=5 public_key=AAAA key 7", "routing_key=q.1 encryption_key_id=5 public_key=AAAA "
     "key 7"),
    (f"before {PEM} after", "before ******** after"),
    (repr(f"before {PEM} after"), "'before ******** after'"),
    (f"cut: {PEM[:60]} after", "cut: ******** after"),
    ("found -----BEGIN CERTIFICATE----- here", "found -----BEGIN CERTIFICATE----- here"),
    (f"client.nova key {CEPH}, caps", "client.nova key ********, caps"),
    ("COMMAND=/usr/sbin/rabbitmqctl add_user nova hunter5", "COMMAND=/usr/sbin/rabbitmqctl add_user nova ********"),
    ("rabbitmqctl -n r@h change_password nova x y", "rabbitmqctl -n r@h change_password nova ******** y"),
    ("['rabbitmqctl', '-q', 'add_user', 'n', 'a b'] rc=1", "['rabbitmqctl', '-q', 'add_user', 'n', ********] rc=1"),
    ("'X-Subject-Token': 'abc', 'Vary': 'x'", "'X-Subject-Token': ********, 'Vary': 'x'"),
    ("Authorization: Basic dXNlcjpwYXNz", "Authorization: ********"),
    ("connection=mysql+pymysql://u:p@h/nova?x=1 next", "connection=mysql+pymysql://u:********@h/nova?x=1 next"),
    ("transport_url=rabbit://u:p@h1:5672,u:q@h2//", "transport_url=rabbit://u:********@h1:5672,u:********@h2//"),
    ('{"application_credential": {"id": "1", "secret": "a b"}}', '{"application_credential": {"id": "1", "secret": '
     "********}}"),
    ("OS_APPLICATION_CREDENTIAL_SECRET=abc", "OS_APPLICATION_CREDENTIAL_SECRET=********"),
    ("http://h:5000/v3/auth/tokens: HTTPConnectionPool(host='h', port=5000): Max retries exceeded",
     "http://h:5000/v3/auth/tokens: HTTPConnectionPool(host='h', port=5000): Max retries exceeded"),
]  # fmt: skip
"""As services, clients and their tools log them."""


@pytest.mark.parametrize(("told", "shown"), KEYS_AND_TOKENS)
def test_keys_and_tokens_go_and_nothing_else_does(told: str, shown: str) -> None:
    assert mask_output(told) == shown


PARTS = [
    *(told for told, _ in KEYS_AND_TOKENS), FERNET, CEPH, *PEM.split("\n"), "password", "secret", "api_key", "=", ":",
    '"', "'", " ", ",", "}", "\\", "\n", "a", "b'", "basic ", "mysql://", "@", "/", "--", "%3D", "********",
]  # fmt: skip


@given(st.lists(st.sampled_from(PARTS), max_size=12).map("".join))
def test_masked_twice_is_as_masked_once(told: str) -> None:
    assert mask_output(mask_output(told)) == mask_output(told)


def test_a_private_key_of_several_lines_is_not_shown_by_the_logs() -> None:
    assert as_shown(f"cannot load\n{PEM}\npassword=a b\nnext") == "cannot load\n********\npassword=******** b\nnext"


@pytest.mark.parametrize(
    "word",
    [
        "token", "a", "password=", "a://b:", "token: ", '"', "--token ", '\\"', "gAAAAA", "eyJ-", "eyJaaaaaaaaaa.",
        "AQ", PEM[:31], "rabbitmqctl ", "rabbitmqctl add_user a ",
    ],
)  # fmt: skip
def test_a_long_line_is_masked_in_time_that_grows_with_its_length(word: str) -> None:
    """Many passes, not seconds: a shape that tries every start with every length would take minutes for these."""
    mask_output(word * (20_000 // len(word)))
    mask_config_line(word * (20_000 // len(word)))


def test_only_the_last_lines_that_say_something_are_told() -> None:
    text = "\n".join([f"line {n}" for n in range(30)] + ["", "  ", "x" * 400])
    lines = last_lines(text, count=3)
    assert lines == ("line 28", "line 29", "x" * 300)
