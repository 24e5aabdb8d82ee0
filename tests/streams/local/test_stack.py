"""The local stack comes up in one folder, survives the kill of any part, and leaves nothing behind."""

import http.client
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psutil
import pytest
from confluent_kafka.admin import AdminClient, NewTopic

from streams.errors import LocalModeError
from streams.local.background import read_run, start_in_background, stop_background
from streams.local.child import created_at, module_environment
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

def prepare(endpoints):
    if len(sys.argv) > 2:
        raise SystemExit(sys.argv[2])

LocalStack(Path(sys.argv[1]), command=command).serve(["one", "two"], prepare, print)
"""


def command(stage: str) -> Sequence[str]:
    return [sys.executable, "-u", "-c", STAGE, stage]


def serve(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-u", "-c", SERVE, str(folder), *arguments]


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
        running = [part.pid for part in stack.parts().values() if part.pid]
        log = tmp_path / "logs" / "one.log"
        wait_until(lambda: log.read_text().splitlines() == [f"one {endpoints.kafka} {endpoints.clickhouse}"] * 2)
        with pytest.raises(LocalModeError, match=f"{tmp_path} is already in use by process {os.getpid()}"):
            LocalStack(tmp_path, command=command).up([], create)
    assert [created_at(pid) for pid in running] == [None] * 4
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


def test_a_stack_in_the_background_is_found_stopped_and_restarted(tmp_path: Path) -> None:
    run = start_in_background(tmp_path, command=serve(tmp_path))
    try:
        assert run.endpoints.kafka.startswith("127.0.0.1:")
        assert set(run.parts) >= {"kafka", "clickhouse", "one", "two"}
        found = read_run(tmp_path)
        assert found is not None
        assert (found.pid, found.endpoints) == (run.pid, run.endpoints)
        with pytest.raises(LocalModeError, match=f"already in use by process {run.pid}"):
            start_in_background(tmp_path, command=serve(tmp_path))
    finally:
        assert stop_background(tmp_path)
    assert [created_at(part.pid) for part in found.parts.values() if part.pid] == [None] * 4
    assert not stop_background(tmp_path)


def test_a_start_in_the_background_that_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(LocalModeError, match=r"ended with code 1:\n(.*\n)*.*the disk is full"):
        start_in_background(tmp_path, command=serve(tmp_path, "the disk is full"))
    assert read_run(tmp_path) is None


def test_a_killed_stack_leaves_nothing_and_can_be_started_again(tmp_path: Path) -> None:
    run = start_in_background(tmp_path, command=serve(tmp_path))
    left = read_run(tmp_path)
    assert left is not None
    os.kill(run.pid, signal.SIGKILL)
    psutil.Process(run.pid).wait(10)
    wait_until(lambda: not any(created_at(part.pid) for part in left.parts.values() if part.pid))
    assert read_run(tmp_path) is None
    again = start_in_background(tmp_path, command=serve(tmp_path))
    try:
        assert again.endpoints == run.endpoints
    finally:
        stop_background(tmp_path)


def test_the_signal_to_end_stops_everything(tmp_path: Path) -> None:
    with subprocess.Popen(serve(tmp_path), env={**os.environ, **module_environment()}, stdout=subprocess.PIPE) as stack:
        wait_until(lambda: (run := read_run(tmp_path)) and run.ready)
        parts = read_run(tmp_path)
        assert parts is not None
        stack.send_signal(signal.SIGINT)
        assert stack.wait(30) == 0
    assert not any(created_at(part.pid) for part in parts.parts.values() if part.pid)
