"""Queries nobody waits for end, those that are too many are told so, and inserts are never kept waiting by readers."""

import http.client
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.local.clickhouse.local import LocalClickHouse

pytestmark = pytest.mark.clickhouse

ENDLESS = b"SELECT sum(sipHash64(number)) FROM numbers(1000000000000) FORMAT "
READERS = 3


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClickHouse]:
    options = ("--readers", str(READERS), "--writers", "2", "--patience", "1", "--seconds", "30")
    with LocalClickHouse(Path(tmp_path_factory.mktemp("places")), options=options) as server:
        yield server


def begin(server: LocalClickHouse, sql: bytes) -> http.client.HTTPConnection:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    connection.request("POST", "/", sql)
    return connection


def ask(server: LocalClickHouse, sql: bytes) -> tuple[int, bytes]:
    connection = begin(server, sql)
    try:
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def running(server: LocalClickHouse) -> int:
    return int(
        ask(server, b"SELECT count() FROM system.processes WHERE query LIKE 'SELECT %numbers(1000000000000)%'")[1]
    )


def happens(condition: Callable[[], bool], seconds: float = 15) -> bool:
    """Whether it comes true in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if condition():
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("form", [b"TSV", b"JSON", b"Native"])
def test_places_of_abandoned_queries_are_free_again(server: LocalClickHouse, form: bytes) -> None:
    for _ in range(3):
        abandoned = [begin(server, ENDLESS + form) for _ in range(READERS)]
        time.sleep(0.3)
        for connection in abandoned:
            connection.close()
        assert happens(lambda: ask(server, b"SELECT 1") == (200, b"1\n"), seconds=10)
    assert happens(lambda: running(server) == 1)  # this question itself


def test_a_result_nobody_reads_on_is_given_up(server: LocalClickHouse) -> None:
    connection = begin(server, b"SELECT number, toString(number) FROM numbers(1000000000000) FORMAT TSV")
    connection.getresponse().read(1000)
    connection.close()
    assert happens(lambda: running(server) == 1)


def test_too_many_queries_are_told_so_and_inserts_go_on(server: LocalClickHouse) -> None:
    assert ask(server, b"CREATE DATABASE IF NOT EXISTS places ENGINE = Atomic")[0] == 200
    assert ask(server, b"CREATE TABLE IF NOT EXISTS places.t (x UInt64) ENGINE = MergeTree ORDER BY x")[0] == 200
    endless = [begin(server, ENDLESS + b"TSV") for _ in range(READERS)]
    try:
        time.sleep(0.3)
        status, text = ask(server, b"SELECT 1")
        assert status == 503
        assert text.startswith(b"Code: 202. DB::Exception: Too many simultaneous queries")
        assert ask(server, b"INSERT INTO places.t VALUES (1)")[0] == 200
    finally:
        for connection in endless:
            connection.close()
    assert happens(lambda: ask(server, b"SELECT count() > 0 FROM places.t") == (200, b"1\n"))


def test_many_clients_coming_and_going_leave_nothing_behind(server: LocalClickHouse) -> None:
    deadline = time.monotonic() + 2
    while time.monotonic() < deadline:
        connections = [begin(server, ENDLESS + form) for form in (b"TSV", b"JSON", b"Native", b"CSV", b"TSV", b"JSON")]
        time.sleep(0.01)
        for connection in connections:
            connection.close()
    assert happens(lambda: ask(server, b"SELECT 1") == (200, b"1\n"))
    assert happens(lambda: running(server) == 1)
