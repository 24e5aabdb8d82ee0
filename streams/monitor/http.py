"""A few pages over HTTP, on a port or a Unix socket, and the question to such a socket."""

import http.client
import socket
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

from streams.errors import ConfigurationError

UNIX = "unix:"
METRICS = "text/plain; version=0.0.4; charset=utf-8"
JSON = "application/json"
PATIENCE_S = 5.0
"""How long somebody who connects may take to ask."""


class Answer(NamedTuple):
    """What a page says."""

    status: int
    kind: str
    body: bytes


Pages = Mapping[str, Callable[[], Answer]]


def serve(address: str, pages: Pages) -> ThreadingHTTPServer:
    """Answer GET for these paths from threads of its own, until the process ends or `shutdown` is called.

    `address`: `host:port` (port 0: any) or `unix:/path`. Raises ConfigurationError where nothing can listen there.
    """
    try:
        server = _bind(address, _handler(pages))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"TURNLOG_HTTP={address}: cannot listen there ({error})") from None
    threading.Thread(target=server.serve_forever, name="http", daemon=True).start()
    return server


def ask(socket_path: Path, page: str, *, timeout_s: float) -> Answer:
    """GET a page from a Unix socket. Raises OSError or HTTPException when nobody answers in time."""
    connection = _OverSocket(socket_path, timeout_s)
    try:
        connection.request("GET", page)
        response = connection.getresponse()
        return Answer(response.status, response.headers.get("Content-Type", ""), response.read())
    finally:
        connection.close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def server_bind(self) -> None:
        """As upstream, without asking a name server what we are called."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = "turnlog", 0

    def handle_error(self, request: object, client_address: object) -> None:
        """Somebody who went away in mid-answer is no news."""


class _UnixServer(_Server):
    address_family = socket.AF_UNIX


class _Server6(_Server):
    address_family = socket.AF_INET6


class _OverSocket(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _bind(address: str, handler: type[BaseHTTPRequestHandler]) -> ThreadingHTTPServer:
    if address.startswith(UNIX):
        path = Path(address.removeprefix(UNIX))
        if path.is_socket() and not _answers(path):
            path.unlink()  # a process before us was killed
        return _UnixServer(str(path), handler)  # type: ignore[arg-type]
    host, _, port = address.rpartition(":")
    kind = _Server6 if ":" in host else _Server
    return kind((host.strip("[]"), int(port)), handler)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as asking:
        try:
            asking.connect(str(path))
        except OSError:
            return False
        return True


def _handler(pages: Pages) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        timeout = PATIENCE_S
        server_version, sys_version = "turnlog", ""

        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            answer = page() if page else Answer(404, "text/plain", " ".join(pages).encode() + b"\n")
            self.send_response(answer.status)
            self.send_header("Content-Type", answer.kind)
            self.send_header("Content-Length", str(len(answer.body)))
            self.end_headers()
            self.wfile.write(answer.body)

        def log_message(self, format: str, *args: Any) -> None:
            """Scrapes are no news."""

    return Handler
