"""The broker is killed and comes back; a stop while it is away."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Load
from tests.streams.engine.test_exactly_once import settle, two_stages
from tests.streams.engine.workers import Workers
from tests.streams.engine.workload import expected, turns

pytestmark = [pytest.mark.kafka, pytest.mark.kills]
QUICK = {"transaction_timeout_ms": 4000, "session_timeout_s": 4}
"""What a dead worker leaves behind holds its readers up for so long."""
KILLS = max(2, int(os.environ.get("TURNLOG_TEST_KILLS", "6")) // 3)


@pytest.fixture(scope="module")
def mortal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that only these tests use."""
    with LocalKafka(tmp_path_factory.mktemp("mortal")) as broker:
        yield broker


@pytest.mark.parametrize("workers_too", [False, True], ids=["broker", "broker and workers"])
def test_a_killed_broker_costs_time_only(mortal: LocalKafka, tmp_path: Path, workers_too: bool) -> None:
    topics = two_stages(mortal)
    with Workers(topics, tmp_path) as workers:
        for stage in ("dedup", "count"):
            workers.start(stage, chunk_max=100, hold_s=0.02, instance_id="one", watch_s=30, **QUICK).ready()
        load = Load(topics, "turns", turns(100_000), rate=800)
        for _ in range(KILLS):
            time.sleep(1.5)
            mortal.kill()
            if workers_too:
                for worker in workers.all:
                    worker.kill()
            time.sleep(0.5)
            mortal.start()
            for worker in workers.all:
                if workers_too:
                    worker.again()
            time.sleep(1)
        records = load.finish()
        assert settle(topics, workers, records) == expected(records)


def test_a_stop_while_the_broker_is_away_ends_within_the_grace(mortal: LocalKafka, tmp_path: Path) -> None:
    topics = two_stages(mortal)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("dedup", chunk_max=20, hold_s=0.05, shutdown_grace_s=3, **QUICK).ready()
        topics.load("turns", turns(5_000))
        time.sleep(0.5)
        mortal.kill()
        time.sleep(1)
        started = time.monotonic()
        assert worker.terminate(10) == 0
        assert time.monotonic() - started < 5
        assert len(worker.text.splitlines()) < 300, "logs are throttled"
        mortal.start()
        worker.again()
        workers.start("count")
        assert settle(topics, workers, turns(5_000)) == expected(turns(5_000))
