"""A quarter of an hour of work leaves every stage's memory where it was; also while one partition's head is blocked.

Run by hand: TURNLOG_MEMORY_MINUTES=15. Prints the memory of every stage every half minute. Shorter than five minutes
it shows the series and proves little: state is read in, and caches fill, in the first ones.
"""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import psutil
import pytest

from streams.ids import scope_key
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from streams.topology import NAMES
from tests.faults.cluster import running
from tests.faults.cluster_load import Publisher
from tests.faults.group import Member, wait_until
from tests.faults.workload import Sent
from tests.model_server import Hang, ModelServer

MINUTES = float(os.environ.get("TURNLOG_MEMORY_MINUTES", "0"))
RATE = float(os.environ.get("TURNLOG_MEMORY_RATE", "10"))
EVERY_S = min(30.0, MINUTES * 60 / 10)
WARM = 1 / 3
"""The part of the time that counts as warming up."""
MOST = 0.05
BLOCKING = "Nobody answers this."
FOR_EVER_S = 3600
pytestmark = [
    pytest.mark.kafka,
    pytest.mark.clickhouse,
    pytest.mark.kills,
    pytest.mark.timeout(7200),
    pytest.mark.skipif(MINUTES == 0, reason="by hand: TURNLOG_MEMORY_MINUTES=15"),
]


@pytest.mark.parametrize("blocked", [False, True], ids=["steady", "one head blocked"])
def test_memory_stays_where_it_is(clickhouse: LocalClickHouse, tmp_path: Path, blocked: bool) -> None:
    records = list(steady(int(RATE * MINUTES * 60)))
    with LocalKafka(tmp_path / "kafka") as kafka, ModelServer() as server:
        about = {
            "TURNLOG_EXTRACTOR": "openai",
            "OPENAI_API_KEY": server.key,
            "OPENAI_BASE_URL": server.url,
            "TURNLOG_CALL_TIMEOUT_S": str(FOR_EVER_S),
        }
        with running(tmp_path / "run", kafka, clickhouse, **about) as (run, members):
            worker = members.start("only")
            members.wait_until_shared()
            if blocked:
                server.script(BLOCKING, *[Hang(FOR_EVER_S)] * 10)
                Publisher(kafka.address, [spoken("blocked", 0, BLOCKING)]).finish()
                wait_until(lambda: bool(server.asked(BLOCKING)), 60, lambda: "the model was not asked")
            publisher = Publisher(kafka.address, records, rate=RATE)
            publisher.next_round()
            processes = {stage: psutil.Process(worker.pid(stage)) for stage in NAMES}
            series = list(memory(processes, worker))
            publisher.finish()
            lags = run.lags()
            (done,) = run.sql(f"SELECT countIf(state = 'completed') AS done, count() AS n FROM {run.database}.jobs")
    print_series(series)
    print(f"jobs {done}; lags at the end {lags}; questions {len(server.requests)}")
    assert members.exits() == []
    if blocked:
        assert server.asked(BLOCKING), "the head was blocked"
        assert done["done"] > 0.5 * len(records), "the other partitions moved on"
        assert lags["extract"] > 0, "its own did not"
    grown = {stage: growth([taken[stage] for taken in series]) for stage in NAMES}
    print("growth after warming up: " + ", ".join(f"{stage} {part:+.1%}" for stage, part in grown.items()))
    if MINUTES >= 5:
        assert all(part < MOST for part in grown.values()), grown


def steady(number: int) -> Iterator[Sent]:
    """Many people, each of whom says something now and then; every submission closes its window."""
    for at in range(number):
        yield spoken(f"user-{at % 100}", at, f"I like number {at % 50}.")


def spoken(user: str, number: int, text: str) -> Sent:
    turn = {"role": "user", "text": text, "event_id": f"e{number}", "timestamp": 1_760_000_000_000 + number * 1000}
    body = {"org_id": "acme", "user_id": user, "session_id": f"s{number // 1000}", "turns": [turn]}
    return Sent(scope_key("acme", user), orjson.dumps({**body, "options": {"flush": True}}))


def memory(processes: dict[str, psutil.Process], worker: Member) -> Iterator[dict[str, float]]:
    """MB that each stage has resident, now and then, to the end of the time."""
    deadline = time.monotonic() + MINUTES * 60
    while time.monotonic() < deadline:
        time.sleep(EVERY_S)
        assert worker.stages() == {stage: process.pid for stage, process in processes.items()}, "a stage began anew"
        yield {stage: process.memory_info().rss / 1e6 for stage, process in processes.items()}


def growth(values: list[float]) -> float:
    """Of the last three looks beyond the first three after warming up."""
    warm = values[int(len(values) * WARM) :]
    first, last = warm[:3], warm[-3:]
    return sum(last) / len(last) / (sum(first) / len(first)) - 1


def print_series(series: list[dict[str, float]]) -> None:
    print(f"\nresident MB every {EVERY_S:.0f} s\n" + " ".join(f"{name:>10}" for name in NAMES))
    for taken in series:
        print(" ".join(f"{taken[name]:10.1f}" for name in NAMES))
