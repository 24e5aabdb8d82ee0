"""A table comes back from its changelog as it was: whatever the log ends with, while it is compacted, when it is big.

TURNLOG_RECOVERY_VALUES=250000 and TURNLOG_RECOVERY_TURNS=250000 are the full run; both print their times.
"""

import asyncio
import itertools
import os
import random
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, AlterConfigOpType, ConfigEntry, ConfigResource, NewTopic, ResourceType

from schemas.topics import changelog, registry
from streams.engine import EngineError, EngineSettings, ExitCode
from streams.engine.recovery import Recovered, recover
from streams.engine.transaction import IDENTITY, position_key
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.faults.cluster import Run, running
from tests.faults.cluster_load import SEED, Publisher
from tests.faults.group import Member
from tests.faults.workload import Sent
from tests.workload import conversations

pytestmark = [pytest.mark.kafka, pytest.mark.timeout(3600)]
VALUES = int(os.environ.get("TURNLOG_RECOVERY_VALUES", "20000"))
TURNS = int(os.environ.get("TURNLOG_RECOVERY_TURNS", "4000"))
ROUNDS = 5
"""How often each value is written until it is the last one: so much for the cleaner to do."""
QUICK_CLEANER = {
    "log.cleaner.backoff.ms": "50",
    "log.segment.delete.delay.ms": "100",
    "log.initial.task.delay.ms": "1000",
    "log.cleaner.io.max.bytes.per.second": str(8 << 20),
}
SMALL_SEGMENTS = {"segment.bytes": str(1 << 20), "min.cleanable.dirty.ratio": "0.01"}
LATER = {"min.compaction.lag.ms": str(10**9)}
DEAD = b""


@pytest.fixture(scope="module")
def cleaning(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """A broker that compacts as soon as it may."""
    with LocalKafka(tmp_path_factory.mktemp("cleaning"), properties=QUICK_CLEANER) as broker:
        yield broker


class Changelog:
    """A changelog of one partition, written as a lane writes it: in transactions, with positions of its own."""

    def __init__(self, kafka: LocalKafka, name: str, **config: str) -> None:
        (topic,) = [topic for topic in registry(1) if topic.name == changelog("ingest", 1)]
        self.kafka, self.name, self.table = kafka, name, dict[bytes, bytes]()
        self.admin = AdminClient({"bootstrap.servers": kafka.address})
        new = NewTopic(name, 1, 1, config={**topic.config, **config})
        self.admin.create_topics([new])[name].result(20)
        self._producer = Producer(
            {"bootstrap.servers": kafka.address, "transactional.id": name, "linger.ms": 5, "log_level": 0}
        )
        self._producer.init_transactions(20)

    def commit(self, changes: Mapping[bytes, bytes]) -> None:
        self._send(changes)
        self._producer.commit_transaction(60)
        self.table |= changes

    def abort(self, changes: Mapping[bytes, bytes]) -> None:
        self._send(changes)
        self._producer.flush(60)
        self._producer.abort_transaction(60)

    def _send(self, changes: Mapping[bytes, bytes]) -> None:
        self._producer.begin_transaction()
        for key, value in changes.items():
            while True:
                try:
                    self._producer.produce(self.name, value, key, 0)
                    break
                except BufferError:
                    self._producer.poll(0.1)

    def recovered(self) -> tuple[dict[bytes, bytes], Recovered]:
        deadline = time.monotonic() + 20
        while True:
            rows: dict[bytes, bytes] = {}
            try:
                return rows, asyncio.run(recover(EngineSettings(brokers=self.kafka.address), self.name, 0, rows))
            except EngineError as error:  # the marker of the last one comes after its answer
                if error.code is not ExitCode.HANGING or time.monotonic() > deadline:
                    raise

    def set(self, **config: str) -> None:
        entries = [
            ConfigEntry(name.replace("_", "."), value, incremental_operation=AlterConfigOpType.SET)
            for name, value in config.items()
        ]
        resource = ConfigResource(ResourceType.TOPIC, self.name, incremental_configs=entries)
        self.admin.incremental_alter_configs([resource])[resource].result(20)

    def megabytes(self) -> float:
        """On the broker's disk."""
        total = 0
        for file in (self.kafka.data / "log" / f"{self.name}-0").glob("*.log"):
            try:
                total += file.stat().st_size
            except FileNotFoundError:  # compacted away meanwhile
                continue
        return total / 1e6


TAILS = {
    "committed": [("commit", {b"k1": b"last"})],
    "aborted": [("abort", {b"k1": b"never", b"k-never": b"1"})],
    "many aborted": [("abort", {b"k%d" % n: b"never"}) for n in range(50)],
    "committed and aborted": [("commit", {b"k2": b"2"}), ("abort", {b"k2": b"never"}), ("commit", {b"k3": b"3"}),
                              ("abort", {b"k3": b"never"})],
    "a dead value": [("commit", {b"k1": DEAD})],
    "a dead value, then aborted": [("commit", {b"k1": DEAD}), ("abort", {b"k1": b"never"})],
}  # fmt: skip


@pytest.mark.parametrize("compacted", [False, True], ids=["as written", "compacted"])
@pytest.mark.parametrize("tail", TAILS)
def test_a_table_is_the_same_whatever_its_changelog_ends_with(cleaning: LocalKafka, tail: str, compacted: bool) -> None:
    log = Changelog(cleaning, f"tail-{[*TAILS].index(tail)}-{int(compacted)}", **SMALL_SEGMENTS)
    for number in range(ROUNDS):
        values = {b"k%d" % n: b"value %d" % number for n in range(200)}
        log.commit(values | {IDENTITY: b"me", position_key("turns"): b"%d" % number})
    for kind, changes in TAILS[tail]:
        (log.commit if kind == "commit" else log.abort)(changes)
    if compacted:
        log.set(segment_ms="1")
        wait_for_less(log, log.megabytes() / 2)
    rows, found = log.recovered()
    assert (rows, found.positions, found.identity) == (rows_of(log), {"turns": ROUNDS - 1}, "me")


def test_a_changelog_that_is_compacted_while_it_is_read_gives_the_same_table(cleaning: LocalKafka) -> None:
    log = Changelog(cleaning, "big", **SMALL_SEGMENTS, **LATER)
    draw = random.Random(SEED)
    for number in range(ROUNDS):
        for first in range(0, VALUES, 2000):
            keys = range(first, min(VALUES, first + 2000))
            log.commit({b"key-%07d" % key: b"%d " % number + draw.randbytes(60) for key in keys})
            if draw.random() < 0.3:
                log.abort({b"key-%07d" % key: b"never" for key in list(keys)[:500]})
    log.commit({b"key-%07d" % key: DEAD for key in range(0, VALUES, 10)})
    seen = [look(log)]
    log.set(min_compaction_lag_ms="0", segment_ms="1000")
    log.commit({b"one-more": b"1"})
    deadline = time.monotonic() + 600
    while not shrunk_during(seen) or seen[-1][1] > seen[0][1] / 2:
        seen.append(look(log))
        assert time.monotonic() < deadline, seen
    print(f"{len(log.table)} values; MB before and after each reading, and its seconds:")
    for before, after, seconds in seen:
        print(f"  {before:7.1f} {after:7.1f} {seconds:6.2f}")


def look(log: Changelog) -> tuple[float, float, float]:
    """Read it back and compare -> MB before and after, seconds."""
    before, started = log.megabytes(), time.monotonic()
    rows, _ = log.recovered()
    seconds = time.monotonic() - started
    assert rows == rows_of(log)
    return before, log.megabytes(), seconds


def shrunk_during(seen: list[tuple[float, float, float]]) -> bool:
    return any(after < before for before, after, _ in seen)


def rows_of(log: Changelog) -> dict[bytes, bytes]:
    return {key: value for key, value in log.table.items() if not key.startswith(b"\0")}


def wait_for_less(log: Changelog, megabytes: float) -> None:
    """Only closed segments are compacted: another is begun now and then, for a broker heeds a setting when it likes."""
    began, looks = time.monotonic(), itertools.count()
    while log.megabytes() > megabytes:
        assert time.monotonic() < began + 180, f"{log.megabytes()} MB, not compacted"
        if next(looks) % 100 == 0:
            log.abort({b"k5": b"never"})
        time.sleep(0.05)


@pytest.mark.clickhouse
@pytest.mark.kills
def test_a_worker_that_starts_again_knows_every_turn(clickhouse: LocalClickHouse, tmp_path: Path) -> None:
    """Its tables were all it had: with one value missing, something that is sent again would be taken for new."""
    records = [Sent(key, value) for key, value in conversations(TURNS, seed=SEED, size=20, flaws=False) if key]
    with LocalKafka(tmp_path / "kafka") as kafka, running(tmp_path / "run", kafka, clickhouse) as (run, members):
        worker = members.start("first", TURNLOG_INSTANCE_ID="one")
        members.wait_until_shared()
        publish(run, kafka, records)
        expected = run.lines()
        assert run.lost_and_doubled(records) == []
        members.kill(worker)
        again = members.start("again", TURNLOG_INSTANCE_ID="one")
        members.wait_until_shared()
        publish(run, kafka, [sent for sent in records if b'"turns"' in sent.value])
        run.must_equal(expected)
        print(f"{TURNS} turns, {len(expected)} lines; lanes opened again:\n{openings(again)}")
        assert members.exits() == []
    assert sum(line.startswith("turns ") for line in expected) == TURNS


def publish(run: Run, kafka: LocalKafka, records: list[Sent]) -> None:
    started = time.monotonic()
    Publisher(kafka.address, records).finish()
    run.wait_until_quiet(limit=1800)
    print(f"{len(records)} records done in {time.monotonic() - started:.0f} s")


def openings(member: Member) -> str:
    """Values and seconds of each stage's slowest lane."""
    told = [line for line in member.said() if line["action"] == "lane_opened"]
    stages = dict.fromkeys(line["stage"] for line in told)
    lanes = {stage: [line for line in told if line["stage"] == stage] for stage in stages}
    return "\n".join(
        f"  {stage:10} {sum(line['keys'] for line in found):8} values, {max(line['seconds'] for line in found):6.2f} s"
        for stage, found in lanes.items()
    )
