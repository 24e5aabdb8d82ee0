"""The local stack comes up in one folder, survives the kill of any part, and leaves nothing behind."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from streams.errors import LocalModeError
from streams.local.background import Run, read_run, start_in_background, stop_background
from streams.local.child import created_at
from streams.local.lock import FolderLock
from streams.local.stack import Endpoints, LocalStack

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.kills]

STAGE = """
import os, sys, time
print(sys.argv[1], os.environ["TURNLOG_KAFKA"], os.environ["TURNLOG_CLICKHOUSE"], flush=True)
time.sleep(600)
"""
SERVE = """
import sys
from pathlib import Path
from streams.local.stack import LocalStack

def command(stage):
    return [sys.executable, "-c", "import time; time.sleep(600)"]

LocalStack(Path(sys.argv[1]), command=command).serve(["one", "two"], lambda endpoints: None, print)
"""


def command(stage: str) -> Sequence[str]:
    return [sys.executable, "-u", "-c", STAGE, stage]


def serve(folder: Path) -> list[str]:
    return [sys.executable, "-u", "-c", SERVE, str(folder)]


def create(endpoints: Endpoints) -> None:
    admin = AdminClient({"bootstrap.servers": endpoints.kafka})
    admin.create_topics([NewTopic("kept", 1, 1)])["kept"].result(20)
    ask(endpoints, "CREATE DATABASE kept ENGINE = Atomic")
    ask(endpoints, "CREATE TABLE kept.t ENGINE = MergeTree ORDER BY x AS SELECT 7 AS x")


def ask(endpoints: Endpoints, sql: str) -> str:
    connection = http.client.HTTPConnection(endpoints.clickhouse.removeprefix("http://"), timeout=20)
    try:
        connection.request("POST", "/", sql.encode())
        response = connection.getresponse()
        text = response.read().decode().strip()
        assert response.status == 200, text
        return text
    finally:
        connection.close()


def is_kept(endpoints: Endpoints) -> bool:
    """Broker and database answer, and have what was stored."""
    try:
        topics = AdminClient({"bootstrap.servers": endpoints.kafka, "log_level": 0}).list_topics(timeout=2).topics
        return "kept" in topics and ask(endpoints, "SELECT x FROM kept.t") == "7"
    except Exception:  # the point is to ask until they do
        return False


def wait_until(condition: Callable[[], object], seconds: float = 40) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_any_killed_part_comes_back_where_it_was(tmp_path: Path) -> None:
    lines: list[str] = []
    with LocalStack(tmp_path, command=command) as stack:
        endpoints = stack.up(["one", "two"], create, lines.append)
        assert lines == ["starting Kafka and ClickHouse", "starting one, two"]
        run = read_run(tmp_path)
        assert run is not None
        assert (run.pid, run.endpoints, run.ready) == (os.getpid(), endpoints, True)
        for name in ("kafka", "clickhouse", "one", "two"):
            before = stack.parts()[name].pid
            assert before is not None
            os.kill(before, signal.SIGKILL)
            wait_until(lambda name=name: stack.parts()[name].restarts == 1)  # type: ignore[misc]
        wait_until(lambda: is_kept(endpoints))
        assert {name: part.restarts for name, part in stack.parts().items()} == dict.fromkeys(run.parts, 1)
        last = [part.pid for part in stack.parts().values() if part.pid]
        log = tmp_path / "logs" / "one.log"
        wait_until(lambda: log.read_text().splitlines() == [f"one {endpoints.kafka} {endpoints.clickhouse}"] * 2)
        with pytest.raises(LocalModeError, match=f"{tmp_path} is already in use by process {os.getpid()}"):
            LocalStack(tmp_path, command=command).up([], create)
    assert [created_at(pid) for pid in last] == [None] * 4
    assert read_run(tmp_path) is None
    with LocalStack(tmp_path, command=command) as stack:
        assert stack.up([], lambda _: None) == endpoints
        assert is_kept(endpoints)


def test_a_failing_preparation_leaves_nothing_running(tmp_path: Path) -> None:
    def refuse(endpoints: Endpoints) -> None:
        raise LocalModeError("the tables are of another version")

    stack = LocalStack(tmp_path, command=command)
    with pytest.raises(LocalModeError, match="another version"):
        stack.up(["one"], refuse)
    assert not [child for child in psutil.Process().children(recursive=True) if str(tmp_path) in str(child.cmdline())]
    with pytest.raises(LocalModeError, match="is not up"):
        assert stack.endpoints
    assert read_run(tmp_path) is None


def test_a_stack_in_the_background_is_found_and_stopped_and_leaves_nothing_when_killed(tmp_path: Path) -> None:
    first = start_in_background(tmp_path, command=serve(tmp_path))
    found = read_run(tmp_path)
    assert found is not None
    assert (found.pid, found.endpoints) == (first.pid, first.endpoints)
    assert set(found.parts) == {"kafka", "clickhouse", "one", "two"}
    with pytest.raises(LocalModeError, match=f"already in use by process {first.pid}"):
        start_in_background(tmp_path, command=serve(tmp_path))
    os.kill(first.pid, signal.SIGKILL)
    psutil.Process(first.pid).wait(10)
    wait_until(lambda: not running(found))
    assert read_run(tmp_path) is None
    second = start_in_background(tmp_path, command=serve(tmp_path))
    assert second.endpoints == first.endpoints
    assert stop_background(tmp_path)
    assert not running(second)
    assert not stop_background(tmp_path)


def test_a_start_in_the_background_that_fails_says_why(tmp_path: Path) -> None:
    with (
        FolderLock(tmp_path),
        pytest.raises(LocalModeError, match=r"ended with code 1:\n(.*\n)*.*is already in use by"),
    ):
        start_in_background(tmp_path, command=serve(tmp_path))


def running(run: Run) -> list[int]:
    return [part.pid for part in run.parts.values() if part.pid is not None and created_at(part.pid)]
