"""`turnlog worker` as production runs it: against a Kafka and a ClickHouse that others started."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from streams.local.child import module_environment
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from streams.topology import NAMES
from tests.integration.local import TURNLOG

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(300)]
SUBMISSION = {
    "org_id": "acme",
    "user_id": "ann",
    "options": {"flush": True},
    "turns": [{"role": "user", "name": "Ann", "text": "I live in Berlin.", "event_id": "1"}],
}


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    folder = tmp_path_factory.mktemp("worker")
    with LocalKafka(folder / "kafka") as kafka, LocalClickHouse(folder / "clickhouse") as clickhouse:
        yield {
            **os.environ,
            **module_environment(),
            "TURNLOG_KAFKA": kafka.address,
            "TURNLOG_CLICKHOUSE": clickhouse.address,
            "TURNLOG_PARTITIONS": "2",
            "TURNLOG_INSTANCE_ID": "one",
        }


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TURNLOG, *arguments], env=environment, capture_output=True, text=True, timeout=120)


def find_facts(environment: dict[str, str]) -> list[str]:
    lines = command(environment, "facts", "--org", "acme", "--user", "ann", "--json").stdout.splitlines()
    return [json.loads(line)["content"] for line in lines]


def stages(worker: subprocess.Popen[bytes]) -> dict[str, int]:
    """Stage -> process id."""
    found = {}
    for child in psutil.Process(worker.pid).children():
        with suppress(psutil.NoSuchProcess):  # one that has just ended
            found[child.cmdline()[-1]] = child.pid
    return found


def test_a_worker_without_topics_says_what_to_run(environment: dict[str, str]) -> None:
    done = command(environment, "worker")
    assert done.returncode == 3
    assert "Run: turnlog topics ensure" in done.stderr


def test_a_worker_runs_every_stage_restarts_what_ends_and_stops_cleanly(
    environment: dict[str, str], tmp_path: Path
) -> None:
    assert command(environment, "topics", "ensure").returncode == 0
    assert command(environment, "migrate").returncode == 0
    file = tmp_path / "one.jsonl"
    file.write_text(json.dumps(SUBMISSION))
    assert command(environment, "publish", str(file)).returncode == 0
    with (tmp_path / "log").open("wb") as log:
        worker = subprocess.Popen([*TURNLOG, "worker"], env=environment, stdout=log, stderr=log)
    try:
        while find_facts(environment) != ["Ann lives in Berlin."]:
            assert worker.poll() is None, (tmp_path / "log").read_text()
        before = stages(worker)
        assert set(before) == set(NAMES)
        os.kill(before["ingest"], signal.SIGKILL)
        while stages(worker).get("ingest", before["ingest"]) == before["ingest"]:
            time.sleep(0.1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        assert not any(psutil.pid_exists(pid) for pid in before.values())
    finally:
        worker.kill()
        worker.wait()
