"""Certificates of a practice cloud whose public addresses speak TLS: its own authority, and what HAProxy shows.

Made once, with P-256 keys; the authority's key is thrown away. One that expired yesterday is made beside the one in
use: the fault `certificate-expired` puts it in its place.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ostler.practice.layout import Layout
from ostler.secret import Secret

VALID = timedelta(days=825)
SHOWN, EXPIRED, AUTHORITY = "shown.pem", "expired.pem", "authority.pem"


@dataclass(frozen=True)
class Certificates:
    """The files of one cloud, below its state folder, 0600 but for the authority's certificate."""

    layout: Layout

    @property
    def authority(self) -> Path:
        """The certificate clients have to trust; what `cacert` in clouds.yaml names."""
        return self.layout.tls_dir / AUTHORITY

    def shown(self) -> Secret:
        """Key and certificate that HAProxy shows."""
        return self._read(SHOWN)

    def expired(self) -> Secret:
        """The same key, and a certificate that expired before the cloud was built."""
        return self._read(EXPIRED)

    def ensure(self) -> None:
        """Make all of them, as far as they are not there."""
        if self.authority.exists():  # written last
            return
        self.layout.tls_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        signing, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        authority = _authority(self.layout, signing, now)
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        for name, end in ((SHOWN, now + VALID), (EXPIRED, now - timedelta(days=1))):
            certificate = _server(self.layout, key, end, authority, signing)
            self._write(name, private + certificate.public_bytes(serialization.Encoding.PEM), 0o600)
        self._write(AUTHORITY, authority.public_bytes(serialization.Encoding.PEM), 0o644)

    def _read(self, name: str) -> Secret:
        return Secret((self.layout.tls_dir / name).read_text())

    def _write(self, name: str, content: bytes, mode: int) -> None:
        fresh = self.layout.tls_dir / f"{name}.new"
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
            file.write(content)
        fresh.replace(self.layout.tls_dir / name)


def _authority(layout: Layout, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.Certificate:
    usage = x509.KeyUsage(
        digital_signature=False, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=True, crl_sign=True, encipher_only=False, decipher_only=False,
    )  # fmt: skip
    name = _name(f"ostler practice {layout.name}")
    return (
        _begun(name, name, key.public_key(), now - timedelta(days=1), now + VALID)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _server(
    layout: Layout,
    key: ec.EllipticCurvePrivateKey,
    end: datetime,
    authority: x509.Certificate,
    signing: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    """A certificate for the virtual address, valid for two days or longer."""
    begin = min(end - timedelta(days=2), authority.not_valid_before_utc)
    return (
        _begun(_name(layout.vip), authority.subject, key.public_key(), begin, end)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(layout.vip))]), critical=False)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False)
        .sign(signing, hashes.SHA256())
    )


def _begun(
    subject: x509.Name, issuer: x509.Name, public: ec.EllipticCurvePublicKey, begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(end)
    )


def _name(common: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common)])
