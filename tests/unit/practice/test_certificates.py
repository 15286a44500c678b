"""A cloud that speaks TLS: its certificates are such that clients accept the one and refuse the other."""

from __future__ import annotations

import contextlib
import socket
import ssl
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from ostler.practice import cloud_file, haproxy, infrastructure
from ostler.practice.certificates import EXPIRED, SHOWN, Certificates
from ostler.practice.layout import FRONTENDS, Layout
from ostler.practice.openstack import configs


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(name="unit", has_tls=True, state_root=tmp_path)
    Certificates(layout).ensure()
    return layout


@contextlib.contextmanager
def shown_by_a_server(path: Path) -> Iterator[int]:
    """A port at which a server shows the certificate to one client."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)

    def serve(listening: socket.socket) -> None:
        with contextlib.suppress(OSError), context.wrap_socket(listening.accept()[0], server_side=True) as taken:
            taken.recv(1)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = threading.Thread(target=serve, args=(listening,))
        server.start()
        yield listening.getsockname()[1]
        server.join(timeout=10)


def client_of(layout: Layout, port: int) -> ssl.SSLSocket:
    context = ssl.create_default_context(cafile=str(Certificates(layout).authority))
    context.verify_flags |= ssl.VERIFY_X509_STRICT  # as Python 3.13 does by itself
    plain = socket.create_connection(("127.0.0.1", port), timeout=10)
    return context.wrap_socket(plain, server_hostname=layout.vip)


def test_a_client_that_trusts_the_authority_accepts_what_is_shown(layout: Layout) -> None:
    with shown_by_a_server(layout.tls_dir / SHOWN) as port, client_of(layout, port) as connection:
        assert connection.version() is not None


def test_a_client_refuses_the_expired_one_for_its_date_alone(layout: Layout) -> None:
    with (
        shown_by_a_server(layout.tls_dir / EXPIRED) as port,
        pytest.raises(ssl.SSLCertVerificationError, match="certificate has expired"),
    ):
        client_of(layout, port)


def test_they_are_made_once_and_nobody_else_can_read_the_keys(layout: Layout) -> None:
    first = Certificates(layout).shown().reveal()
    Certificates(layout).ensure()
    assert Certificates(layout).shown().reveal() == first
    assert {stat.S_IMODE((layout.tls_dir / name).stat().st_mode) for name in (SHOWN, EXPIRED)} == {0o600}
    assert first not in repr(Certificates(layout).shown())


def test_only_public_addresses_speak_tls(layout: Layout) -> None:
    text = haproxy.config(layout)
    for frontend in FRONTENDS:
        over_tls = f"  bind {layout.vip}:{10_000 + frontend.port} ssl crt /etc/haproxy/public.pem\n"
        assert (over_tls in text) == (frontend.backend != "nova-metadata")
        assert f"  bind {layout.vip}:{frontend.port}\n" in text
    entry = cloud_file.clouds(layout)["clouds"]["unit"]
    assert entry["auth"]["auth_url"] == f"https://{layout.vip}:15000/v3"
    assert entry["cacert"] == str(Certificates(layout).authority)
    told = "\n".join(file.content.reveal() for host in layout.hosts for file in configs.config_files(layout, host))
    assert "https://" not in told and "publicURL" not in told
    assert told.count("enable_proxy_headers_parsing = true") >= len(layout.hosts)


def test_a_cloud_without_tls_has_none_of_it(tmp_path: Path) -> None:
    plain = Layout(name="unit", state_root=tmp_path)
    assert "ssl" not in haproxy.config(plain)
    assert all("pem" not in file.path for file in infrastructure.config_files(plain, plain.host("ctl1")))
    assert "cacert" not in cloud_file.clouds(plain)["clouds"]["unit"]
