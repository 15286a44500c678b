"""HAProxy on every controller: one frontend and backend for each API, and one for the database.

Each frontend binds the VIP on all controllers; keepalived decides where the VIP is. Requests can be held by
putting a backend's name into the map /etc/haproxy/hold.map over the runtime socket. `set maxconn frontend`
is no way to hold: it kills HAProxy 2.6.
"""

from __future__ import annotations

from ostler.facts.haproxy_held import HOLD_MAP
from ostler.practice.galera import CHECK_PORT
from ostler.practice.layout import DATABASE_PORT, FRONTENDS, Frontend, Host, Layout
from ostler.practice.reach import PracticeReach

CONFIG_PATH = "/etc/haproxy/haproxy.cfg"
CERTIFICATE_PATH = "/etc/haproxy/public.pem"
EXPIRED_PATH = "/etc/haproxy/public.pem.expired"
"""Nothing uses it until the fault `certificate-expired` puts it in the other's place."""
HOLD_LUA_PATH = "/etc/haproxy/hold.lua"
SOCKET = "/run/haproxy/admin.sock"
LONGEST_HOLD_MS = 60_000

HOLD_LUA = f"""-- Holds a request while hold.map has an entry for its API: before a server is chosen, so connections
-- kept alive are held too, while requests that already run go on. Runtime socket: add map / del map.
local held = Map.new("{HOLD_MAP}", Map._str)
core.register_action("hold", {{"http-req"}}, function(txn, api)
  local waited_ms = 0
  while held:lookup(api) and waited_ms < {LONGEST_HOLD_MS} do
    core.msleep(50)
    waited_ms = waited_ms + 50
  end
end, 1)
"""

_GLOBAL = f"""global
  user haproxy
  group haproxy
  maxconn 4000
  nbthread 2
  stats socket {SOCKET} mode 600 level admin expose-fd listeners
  stats timeout 1m
  lua-load {HOLD_LUA_PATH}
  log stdout format raw local0 info

defaults
  mode http
  log global
  option httplog
  option dontlog-normal
  option redispatch 1
  option forwardfor
  option http-keep-alive
  retries 3
  timeout connect 5s
  timeout client 120s
  timeout server 120s
  timeout queue 60s
  timeout check 10s
  timeout http-request 60s
  timeout http-keep-alive 60s
"""


def config(layout: Layout) -> str:
    """haproxy.cfg, the same on every controller."""
    return "\n".join([_GLOBAL, *(_api(layout, frontend) for frontend in FRONTENDS), _database(layout)])


def read_backends(reach: PracticeReach, host: Host | str) -> dict[str, dict[str, str]]:
    """Backends with the state of each server as HAProxy on a host sees it; empty where it does not run."""
    argv = ["socat", "-", f"UNIX-CONNECT:{SOCKET}"]
    return parse_backends(reach.run(host, argv, stdin=b"show stat\n", check=False).stdout)


def parse_backends(shown: str) -> dict[str, dict[str, str]]:
    """Backends with the state of each server, out of HAProxy's `show stat`."""
    backends: dict[str, dict[str, str]] = {}
    for line in shown.splitlines():
        fields = line.split(",")
        if line.startswith("#") or len(fields) < 18 or fields[1] in ("FRONTEND", "BACKEND"):
            continue
        backends.setdefault(fields[0], {})[fields[1]] = fields[17]
    return backends


def _api(layout: Layout, frontend: Frontend) -> str:
    name = frontend.backend
    servers = "".join(
        f"  server {host.name} {host.address}:{frontend.port} check\n" for host in layout.controller_hosts
    )
    return (
        f"frontend {name}\n"
        f"  bind {layout.vip}:{frontend.port}\n"
        f"{_over_tls(layout, frontend)}"
        f"  http-request lua.hold {name} if {{ str({name}),map({HOLD_MAP}) -m found }}\n"
        f"  default_backend {name}\n\n"
        f"backend {name}\n"
        "  balance leastconn\n"
        f"  option httpchk GET {frontend.health_path}\n"
        "  http-check expect status 200-399\n"
        "  default-server inter 2s fastinter 500ms downinter 1s fall 3 rise 1 maxconn 60\n"
        f"{servers}"
    )


def _over_tls(layout: Layout, frontend: Frontend) -> str:
    """The same API over TLS; the service behind it is told, as it makes links of it."""
    if not (layout.has_tls and frontend.is_public):
        return ""
    return (
        f"  bind {layout.vip}:{frontend.tls_port} ssl crt {CERTIFICATE_PATH}\n"
        "  http-request set-header X-Forwarded-Proto https if { ssl_fc }\n"
        "  http-request del-header X-Forwarded-Proto unless { ssl_fc }\n"
    )


def _database(layout: Layout) -> str:
    servers = "".join(
        f"  server {host.name} {host.address}:{DATABASE_PORT} check port {CHECK_PORT}{' backup' if number else ''}\n"
        for number, host in enumerate(layout.controller_hosts)
    )
    return (
        "frontend galera\n"
        "  mode tcp\n"
        "  option tcplog\n"
        f"  bind {layout.vip}:{DATABASE_PORT}\n"
        "  timeout client 4h\n"
        "  default_backend galera\n\n"
        "backend galera\n"
        "  mode tcp\n"
        "  timeout server 4h\n"
        "  option httpchk GET /\n"
        "  default-server inter 2s fastinter 500ms downinter 1s fall 3 rise 2"
        " on-marked-down shutdown-sessions\n"
        f"{servers}"
    )
