"""The server starts, stops, comes back after a kill with all it acknowledged, and is alone in its folder."""

import contextlib
import http.client
import random
import subprocess
import threading
import time
from pathlib import Path
from typing import Self

import pytest

from streams.errors import LocalModeError
from streams.local.child import module_command, module_environment
from streams.local.clickhouse.local import LocalClickHouse

pytestmark = pytest.mark.clickhouse


def ask(server: LocalClickHouse, sql: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        connection.request("POST", "/", sql.encode())
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 200:
            raise AssertionError(text)
        return text.strip()
    finally:
        connection.close()


def create(server: LocalClickHouse) -> None:
    ask(server, "CREATE DATABASE kept ENGINE = Atomic")
    ask(server, "CREATE TABLE kept.t (batch UInt64, x UInt64) ENGINE = MergeTree ORDER BY (batch, x)")


def test_data_and_port_are_kept_over_stop_and_start(tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path) as server:
        create(server)
        ask(server, "INSERT INTO kept.t VALUES (1, 1)")
        port, first = server.port, server.pid
        begun = time.monotonic()
        server.stop()
        assert time.monotonic() - begun < 5
        assert not server.alive()
    with LocalClickHouse(tmp_path) as server:
        assert (server.port, ask(server, "SELECT count() FROM kept.t")) == (port, "1")
        assert server.pid != first


def test_an_insert_may_be_the_first_thing_it_is_asked(tmp_path: Path) -> None:
    """A young engine has met no error yet; an old one may have met one that quotes what is no text."""
    with LocalClickHouse(tmp_path) as server:
        create(server)
    with LocalClickHouse(tmp_path) as server:
        insert(server, b"1\t1\n")
        with pytest.raises(AssertionError):
            ask(server, "SELECT toInt32(unhex('FF22FE'))")
        insert(server, b"2\t2\n")
        assert ask(server, "SELECT count() FROM kept.t") == "2"


def insert(server: LocalClickHouse, rows: bytes) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("POST", "/?query=INSERT%20INTO%20kept.t%20FORMAT%20TSV", rows)
        response = connection.getresponse()
        assert (response.status, response.read()) == (200, b"")


def test_a_second_start_on_the_folder_is_refused(tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path) as server:
        with pytest.raises(LocalModeError, match="already in use by process"):
            LocalClickHouse(tmp_path).start()
        command = module_command("streams.local.clickhouse", [str(tmp_path / "db"), "--port", "0"])
        second = subprocess.run(command, capture_output=True, text=True, env=module_environment(), check=False)
        assert second.returncode == 1
        assert f"already in use by process {server.pid}" in second.stderr
        assert "Traceback" not in second.stderr


def test_a_taken_port_is_a_clear_error(tmp_path: Path) -> None:
    with (
        LocalClickHouse(tmp_path / "one") as server,
        pytest.raises(LocalModeError, match=f"port {server.port} on 127.0.0.1 is taken"),
    ):
        LocalClickHouse(tmp_path / "two", port=server.port).start()


def test_stopping_under_load_is_quick_and_loses_nothing_acknowledged(tmp_path: Path) -> None:
    with LocalClickHouse(tmp_path) as server:
        create(server)
        endless = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        endless.request("POST", "/", b"SELECT sum(sipHash64(number)) FROM numbers(1000000000000) FORMAT JSON")
        with Writers(server, rows=2000) as writers, contextlib.closing(endless):
            time.sleep(0.5)
            begun = time.monotonic()
            server.stop()
            assert time.monotonic() - begun < 8
            assert b"the server is stopping" in endless.getresponse().read()
        server.start()
        writers.check(server)


@pytest.mark.kills
def test_no_acknowledged_batch_is_lost_by_kills(tmp_path: Path) -> None:
    chance = random.Random(7)
    with LocalClickHouse(tmp_path) as server:
        create(server)
        port = server.port
        with Writers(server, rows=1000) as writers:
            for _ in range(4):
                time.sleep(chance.uniform(0.4, 1.0))
                server.kill()
                server.start()
                assert server.port == port
            time.sleep(0.3)
        writers.check(server)
        assert len(writers.acknowledged) > 20


class Writers:
    """Threads that insert batches and remember which were acknowledged."""

    def __init__(self, server: LocalClickHouse, *, rows: int) -> None:
        self.acknowledged: set[int] = set()
        self._server, self._rows = server, rows
        self._last, self._lock, self._ended = 0, threading.Lock(), threading.Event()
        self._threads = [threading.Thread(target=self._write) for _ in range(3)]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def check(self, server: LocalClickHouse) -> None:
        """Every acknowledged batch is there, and every batch is there whole and once, or not at all."""
        lines = ask(server, "SELECT batch, count(), uniqExact(x) FROM kept.t GROUP BY batch").splitlines()
        stored = {int(batch): (int(rows), int(unique)) for batch, rows, unique in (line.split("\t") for line in lines)}
        assert self.acknowledged <= stored.keys()
        assert set(stored.values()) == {(self._rows, self._rows)}

    def _write(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                self._last += 1
                batch = self._last
            values = "".join(f"{batch}\t{number}\n" for number in range(self._rows))
            try:
                ask(self._server, f"INSERT INTO kept.t FORMAT TSV\n{values}")
            except (OSError, http.client.HTTPException):
                time.sleep(0.02)
            else:
                self.acknowledged.add(batch)
