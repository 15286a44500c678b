"""Runs on every controller: tells HAProxy whether the database node here can be used.

A program of its own, put on the hosts as a file: it uses what Debian's Python has there and nothing of Ostler.
Started as `galera_check.py ADDRESS PORT`, it answers any GET with 200 when the node is in the primary component
and takes queries, with 503 when not. A donor counts as usable: it is asked to be one only when it must.
"""

from __future__ import annotations

import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SOCKET = "/run/mysqld/mysqld.sock"
TIMEOUT_S = 3
QUERY = "SHOW STATUS WHERE Variable_name IN ('wsrep_cluster_status', 'wsrep_local_state', 'wsrep_ready')"
SYNCED, DONOR = "4", "2"


class Node:
    """The database node of this host, over one kept connection."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Any = None

    def is_usable(self) -> bool:
        """Whether the node is in the primary component, has all data and takes queries."""
        with self._lock:
            try:
                said = self._ask()
            except Exception:  # whatever it is: the node does not answer, and the next check connects anew
                self._connection = None
                return False
        return (
            said.get("wsrep_cluster_status") == "Primary"
            and said.get("wsrep_local_state") in (SYNCED, DONOR)
            and said.get("wsrep_ready") == "ON"
        )

    def _ask(self) -> dict[str, str]:
        if self._connection is None:
            import pymysql  # type: ignore[import-not-found, import-untyped, unused-ignore]

            self._connection = pymysql.connect(
                unix_socket=SOCKET, user="root", connect_timeout=TIMEOUT_S, read_timeout=TIMEOUT_S
            )
        with self._connection.cursor() as cursor:
            cursor.execute(QUERY)
            return dict(cursor.fetchall())


class Handler(BaseHTTPRequestHandler):
    """Answers the checks."""

    node = Node()

    def do_GET(self) -> None:
        is_usable = self.node.is_usable()
        body = b"usable\n" if is_usable else b"not usable\n"
        self.send_response(200 if is_usable else 503)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Stay silent: there are several checks each second."""


if __name__ == "__main__":
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
