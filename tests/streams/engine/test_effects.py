"""What else a stage may ask for: several transactions a chunk, ticks, partitions, headers, large records, writers."""

import os
import time
import zlib
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest
from confluent_kafka import Consumer, TopicPartition

from streams.engine.lane import Lane
from streams.engine.transaction import IDENTITY
from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Load, Reader, Topics
from tests.streams.engine.workers import Workers, follow, wait_until
from tests.streams.engine.workload import PARTITIONS, Turn, turns

pytestmark = pytest.mark.kafka
KILLS = int(os.environ.get("TURNLOG_TEST_KILLS", "6"))


@pytest.mark.kills
def test_several_transactions_a_chunk_survive_kills_between_them(kafka: LocalKafka, tmp_path: Path) -> None:
    """First the answers without a position, then two parts of the outputs: each part once, in order."""
    topics = Topics(kafka.address, logs=("turns", "final"), changelogs=("journal-table",))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("journal", chunk_max=50, hold_s=0.02, instance_id="one")
        load = Load(topics, "turns", turns(100_000, repeats=0), rate=400)
        for number in range(KILLS):
            worker.ready()
            time.sleep(0.1 + 0.07 * number % 0.5)
            worker.kill()
            worker.again()
        records = load.finish()
        with closing(Reader(topics, "final")) as reader:
            follow(reader, len(records))
        assert workers.terminate() == [0]
    wanted = {number: [(r.key, r.value) for r in records if r.partition == number] for number in range(PARTITIONS)}
    assert topics.read("final") == wanted
    assert topics.table("journal-table") == {b"asked " + record.value: b"answer" for record in records}
    values = [value for found in topics.read("journal-table").values() for key, value in found if key[:1] != b"\0"]
    assert len(values) == len(records), "an answer once written is found again, never asked for twice"


@pytest.mark.kills
def test_outputs_to_other_partitions_arrive_once_under_kills(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = Topics(kafka.address, logs=("turns", "final"), changelogs=("rekey-table",))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("rekey", chunk_max=50, hold_s=0.03, instance_id="one")
        load = Load(topics, "turns", turns(100_000, repeats=0), rate=800)
        for _ in range(KILLS // 2):
            worker.ready()
            time.sleep(0.3)
            worker.kill()
            worker.again()
        records = load.finish()
        with closing(Reader(topics, "final")) as reader:
            follow(reader, len(records))
        assert workers.terminate() == [0]
    found = topics.read("final")
    assert Counter((number, *record) for number in found for record in found[number]) == Counter(
        (zlib.crc32(key[::-1]) % PARTITIONS, key[::-1], value) for _, key, value in records
    )
    assert headers(topics, "final") == {(("from", b"%d" % number),) for number in {turn.partition for turn in records}}


def headers(topics: Topics, name: str) -> set[tuple[tuple[str, bytes], ...]]:
    consumer = Consumer({"bootstrap.servers": topics.address, "group.id": f"{topics.prefix}-headers"})
    consumer.assign([TopicPartition(topics.named(name), number, 0) for number in range(PARTITIONS)])
    messages = [message for message in consumer.consume(500, 5) if message.error() is None]
    consumer.close()
    return {tuple(message.headers() or ()) for message in messages}


def test_a_stage_is_asked_now_and_then_even_without_records(kafka: LocalKafka, tmp_path: Path) -> None:
    """Ticks write outputs and table, but no position; empty effects are no transaction."""
    topics = Topics(kafka.address, logs=("turns", "final"), changelogs=("clock-table",))
    with Workers(topics, tmp_path) as workers, closing(Reader(topics, "final")) as reader:
        worker = workers.start("clock")
        follow(reader, 3 * PARTITIONS)
        time.sleep(0.5)
        assert worker.terminate() == 0
        worker.again().ready()
        time.sleep(0.5)
        assert workers.terminate() == [0]
        reader.poll(0.5)
        wanted = [(b"tick", b"%d" % number) for number in (1, 2, 3)]
        assert dict(reader.records) == dict.fromkeys(range(PARTITIONS), wanted)
    assert topics.committed("clock", "turns") == [-1001] * PARTITIONS
    assert all(key in (b"ticks", IDENTITY) for found in topics.read("clock-table").values() for key, _ in found)


def test_a_single_record_may_be_larger_than_a_batch(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = Topics(kafka.address, logs=("turns", "mid"), changelogs=("faulty-table",))
    large = b"y" * (3 << 20)
    topics.load("turns", [Turn(1, b"k", value) for value in (b"before", b"wide", large, b"after")])
    with Workers(topics, tmp_path) as workers, closing(Reader(topics, "mid")) as reader:
        workers.start("faulty")
        follow(reader, 4)
        assert reader.records[1] == [(b"k", value) for value in (b"before", b"x" * (3 << 20), large, b"after")]
        assert workers.terminate() == [0]


@pytest.mark.kills
def test_a_writer_gets_every_chunk_at_least_once(kafka: LocalKafka, tmp_path: Path) -> None:
    """Killed, joined by a second worker, stopped: nothing is left out, and little comes again."""
    topics, folder = Topics(kafka.address, logs=("turns",)), tmp_path / "written"
    folder.mkdir()
    with Workers(topics, tmp_path) as workers:
        about = {"chunk_max": 50, "path": str(folder), "session_timeout_s": 3, "heartbeat_s": 0.5}
        worker = workers.start("writer", **about)
        load = Load(topics, "turns", turns(100_000), rate=1000)
        for _ in range(2):
            worker.ready()
            time.sleep(0.4)
            worker.kill()
            worker.again()
        worker.ready()
        guest = workers.start("writer", **about).ready(1)
        time.sleep(0.5)
        assert guest.terminate() == 0
        workers.all.remove(guest)
        records = load.finish()
        wait_until(lambda: sum(topics.committed("writer", "turns")) == len(records), 30, worker)
        assert workers.terminate() == [0]
    lines = Counter(line for path in folder.iterdir() for line in path.read_bytes().splitlines())
    size = Counter(record.partition for record in records)
    assert set(lines) == {b"%d %d" % (number, offset) for number in size for offset in range(size[number])}
    assert lines.total() < 1.2 * len(records)


def test_a_writers_sources_do_not_wait_for_each_other(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = Topics(kafka.address, logs=("turns", "again"))
    topics.load("turns", [Turn(1, b"k", b"wait")])
    topics.load("again", [Turn(1, b"k", b"%d" % number) for number in range(20)])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("writer-of-two", path=str(tmp_path)).ready(2 * PARTITIONS)
        wait_until(lambda: topics.committed("writer-of-two", "again")[1] == 20, 30, worker)
        assert topics.committed("writer-of-two", "turns") == [-1001] * PARTITIONS
        assert workers.terminate() == [0]


def test_a_small_chunk_waits_a_moment_for_more(kafka: LocalKafka, tmp_path: Path) -> None:
    """Records that come one by one, a millisecond apart, do not each make a transaction of their own."""
    topics = Topics(kafka.address, logs=("turns", "mid"), changelogs=("dedup-table",))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("dedup").ready()
        load, began = Load(topics, "turns", turns(2_000, repeats=0), rate=1_000), time.monotonic()
        load.join()
        records = load.finish()
        wait_until(lambda: sum(topics.committed("dedup", "turns")) >= len(records), 30, worker)
        most = PARTITIONS * (time.monotonic() - began) / Lane.few_s
        assert workers.terminate() == [0]
    found = topics.read("mid")
    assert sum(map(len, found.values())) == len(records) == 2_000
    markers = sum(topics.ends("mid")) - len(records)  # one for each transaction
    assert 0 < markers < most < len(records)
