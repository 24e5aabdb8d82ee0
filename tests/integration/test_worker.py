"""`turnlog worker` as production runs it: against a Kafka and a ClickHouse that others started."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from streams.local.child import module_environment
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from streams.monitor.http import ask
from streams.partitioning import partition_of
from streams.topology import NAMES
from tests.integration.local import TURNLOG
from tests.processes import stages_of

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(300)]
SECRET = "AKIA" + "IOSFODNN7EXAMPLE"
SUBMISSION = {
    "org_id": "acme",
    "user_id": "ann",
    "options": {"flush": True},
    "turns": [
        {"role": "user", "name": "Ann", "text": f"I live in Berlin. My key is {SECRET}.", "event_id": "1"},
    ],
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
            "TURNLOG_HTTP": f"unix:{folder}/http",
            "TURNLOG_LOG": "json",
        }


def command(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*TURNLOG, *arguments], env=environment, capture_output=True, text=True, timeout=120)


def find_facts(environment: dict[str, str]) -> list[str]:
    lines = command(environment, "facts", "--org", "acme", "--user", "ann", "--json").stdout.splitlines()
    return [json.loads(line)["content"] for line in lines]


def stages(worker: subprocess.Popen[bytes]) -> dict[str, int]:
    """Stage -> process id."""
    return {name: process.pid for name, process in stages_of(worker.pid).items()}


def get(environment: dict[str, str], page: str) -> tuple[int, Any]:
    answer = ask(Path(environment["TURNLOG_HTTP"].removeprefix("unix:")), page, timeout_s=10)
    return answer.status, json.loads(answer.body) if page == "/health" else answer.body.decode()


def assert_watched(environment: dict[str, str]) -> None:
    """One address tells of every stage what became of the one record."""
    while (found := get(environment, "/health"))[0] != 200:
        assert set(found[1]["stages"]) == set(NAMES)
        time.sleep(0.1)
    _, text = get(environment, "/metrics")
    for line in (
        f'turnlog_records_in_total{{partition="{partition_of(b"acme/ann", 2)}",stage="ingest",topic="turns"}} 1.0',
        'turnlog_turns_total{kind="new",stage="ingest"} 1.0',
        'turnlog_redactions_total{kind="aws_key",stage="ingest"} 1.0',
        'turnlog_windows_closed_total{reason="flush",stage="window"} 1.0',
        'turnlog_extractions_total{answer="asked",stage="extract"} 1.0',
        'turnlog_facts_total{change="created",stage="resolve"} 1.0',
        'turnlog_jobs_ended_total{stage="resolve",state="completed"} 1.0',
        'turnlog_rows_total{stage="sink",table="turns"} 1.0',
        'turnlog_up{stage="sink-facts"} 1.0',
        'turnlog_partitions{stage="extract"} 2.0',
        'turnlog_restarts_total{stage="ingest"} 0.0',
    ):
        assert f"{line}\n" in text
    assert "Berlin" not in text
    assert "acme" not in text


def assert_told(log: str) -> None:
    """Every line is an object with an action; none holds what was said, or the secret."""
    actions = {json.loads(line)["action"] for line in log.splitlines()}
    assert {"worker_starts", "started", "lane_opened", "ended", "stopped"} <= actions
    for said in ("Berlin", "Ann", "acme", SECRET):
        assert said not in log


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
        assert_watched(environment)
        os.kill(before["ingest"], signal.SIGKILL)
        while stages(worker).get("ingest", before["ingest"]) == before["ingest"]:
            time.sleep(0.1)
        status, health = get(environment, "/health")
        assert (status, health["stages"]["ingest"]["healthy"]) == (503, False), "it has only just begun again"
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(60) == 0
        assert_told((tmp_path / "log").read_text())
        assert not any(psutil.pid_exists(pid) for pid in before.values())
    finally:
        worker.kill()
        worker.wait()
