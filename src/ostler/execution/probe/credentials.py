"""Who the probe is: read from ``clouds.yaml`` as every OpenStack client reads it."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ostler.errors import InputError
from ostler.remote.clouds_yaml import read_region
from ostler.secret import Secret


@dataclass(frozen=True)
class Credentials:
    """How a token is asked for: the identity API's address (ending in /v3), the method with its secret, the scope.

    ``interface`` and ``region`` (None: any) choose among the catalog's endpoints; ``tls`` checks certificates.
    """

    auth_url: str
    method: str
    login: Mapping[str, str]
    secret: Secret
    scope: Mapping[str, object]
    interface: str
    region: str | None
    tls: ssl.SSLContext

    def token_request(self) -> dict[str, object]:
        """Return the body that asks for a token. It holds the secret: send it, never show it."""
        if self.method == "application_credential":
            identity: dict[str, object] = {
                "methods": [self.method],
                self.method: {**self.login, "secret": self.secret.reveal()},
            }
            return {"auth": {"identity": identity}}
        user: dict[str, object] = {"password": self.secret.reveal()}
        user.update(_user(self.login))
        return {"auth": {"identity": {"methods": ["password"], "password": {"user": user}}, "scope": self.scope}}


def read_credentials(clouds_yaml: Path, cloud: str) -> Credentials:
    """Read one cloud's entry. Raises InputError when it is not there, or wants a way to log in we do not know."""
    region = read_region(clouds_yaml, cloud)
    auth: dict[str, Any] = dict(region.config.get("auth") or {})
    verify, _cert = region.get_requests_verify_args()
    application = {
        k: auth[f"application_credential_{k}"] for k in ("id", "name") if f"application_credential_{k}" in auth
    }
    secret = auth.get("application_credential_secret") if application else auth.get("password")
    if not secret or not auth.get("auth_url"):
        raise InputError(
            "probe.no-password",
            f"the entry {cloud!r} of {clouds_yaml} has neither a password nor an application credential",
            do_next="the probe can log in with a password or with an application credential",
        )
    url = str(auth["auth_url"]).rstrip("/")
    return Credentials(
        auth_url=url if url.endswith("/v3") else f"{url}/v3",
        method="application_credential" if application else "password",
        login=application or {k: str(v) for k, v in auth.items() if k.startswith(("user", "project", "domain"))},
        secret=Secret(str(secret)),
        scope=_scope(auth),
        interface=str(region.get_interface("compute") or "public").removesuffix("URL"),
        region=region.region_name or None,
        tls=_tls(verify),
    )


def _user(login: Mapping[str, str]) -> dict[str, object]:
    if "user_id" in login:
        return {"id": login["user_id"]}
    return {"name": login.get("username", ""), "domain": _domain(login, "user")}


def _scope(auth: Mapping[str, Any]) -> dict[str, object]:
    if auth.get("project_id"):
        return {"project": {"id": auth["project_id"]}}
    return {"project": {"name": auth.get("project_name", ""), "domain": _domain(auth, "project")}}


def _domain(auth: Mapping[str, Any], of: str) -> dict[str, str]:
    for prefix in (of, "default"):
        if auth.get(f"{prefix}_domain_id"):
            return {"id": str(auth[f"{prefix}_domain_id"])}
        if auth.get(f"{prefix}_domain_name"):
            return {"name": str(auth[f"{prefix}_domain_name"])}
    return {"id": "default"}


def _tls(verify: bool | str | None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=verify if isinstance(verify, str) else None)
    if verify is False:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context
