"""The pages over HTTP: on a port or a socket; what cannot listen says so; who stays silent holds nobody up."""

import socket
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from streams.errors import ConfigurationError
from streams.monitor.http import Answer, Pages, ask, serve

PAGES: Pages = {
    "/health": lambda: Answer(503, "application/json", b'{"healthy":false}'),
    "/metrics": lambda: Answer(200, "text/plain", b"turnlog_up 1\n"),
}


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path, as a socket's must be."""
    with TemporaryDirectory(prefix="turnlog-") as folder:
        yield Path(folder)


def get(port: int, page: str) -> tuple[int, bytes]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{page}", timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read()


def test_pages_on_a_port() -> None:
    server = serve("127.0.0.1:0", PAGES)
    port = server.socket.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):  # somebody who says nothing
        assert get(port, "/metrics") == (200, b"turnlog_up 1\n")
        assert get(port, "/health?verbose") == (503, b'{"healthy":false}')
        assert get(port, "/table") == (404, b"/health /metrics\n")
    server.shutdown()
    server.server_close()


def test_pages_on_a_socket_which_a_killed_process_left_behind(folder: Path) -> None:
    path = folder / "stage.sock"
    for _ in range(2):
        server = serve(f"unix:{path}", PAGES)
        assert ask(path, "/health", timeout_s=5) == Answer(503, "application/json", b'{"healthy":false}')
        server.shutdown()
        server.server_close()
        assert path.exists()
    with pytest.raises(OSError, match="refused"):
        ask(path, "/health", timeout_s=5)


@pytest.mark.parametrize("address", ["nowhere", "127.0.0.1:port", "192.0.2.1:1", "unix:/no/such/folder/s.sock"])
def test_an_address_where_nothing_can_listen_is_refused(address: str) -> None:
    with pytest.raises(ConfigurationError, match="TURNLOG_HTTP"):
        serve(address, PAGES)


def test_a_socket_in_use_and_a_file_are_left_alone(folder: Path) -> None:
    server = serve(f"unix:{folder}/used", PAGES)
    (folder / "file").write_text("mine")
    for name in ("used", "file"):
        with pytest.raises(ConfigurationError, match="in use"):
            serve(f"unix:{folder}/{name}", PAGES)
    assert ask(folder / "used", "/metrics", timeout_s=5).status == 200
    assert (folder / "file").read_text() == "mine"
    server.shutdown()
    server.server_close()


def test_an_address_in_use_is_refused() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigurationError, match=f"TURNLOG_HTTP=127.0.0.1:{port}"):
            serve(f"127.0.0.1:{port}", PAGES)
