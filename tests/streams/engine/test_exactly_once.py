"""Two chained stages give exactly what an undisturbed run gives, whatever is killed, moved, frozen or stopped."""

import os
import random
import signal
import time
from contextlib import closing
from pathlib import Path

import pytest

from streams.engine import ExitCode
from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Load, Reader, Topics
from tests.streams.engine.workers import Worker, Workers, follow
from tests.streams.engine.workload import Outcome, Turn, expected, turns

pytestmark = pytest.mark.kafka
KILLS = int(os.environ.get("TURNLOG_TEST_KILLS", "6"))
ROUNDS = max(2, KILLS // 3)


def two_stages(kafka: LocalKafka) -> Topics:
    return Topics(kafka.address, logs=("turns", "mid", "final"), changelogs=("dedup-table", "count-table"))


def outcome(topics: Topics) -> Outcome:
    return Outcome(topics.read("final"), topics.table("dedup-table"), topics.table("count-table"))


def settle(topics: Topics, workers: Workers, records: list[Turn]) -> Outcome:
    """Wait for the last output, stop everything, and see what is there."""
    with closing(Reader(topics, "final")) as reader:
        follow(reader, sum(map(len, expected(records).final.values())), keep=workers.restart_dead)
    assert set(workers.terminate()) == {0}
    return outcome(topics)


def lag(topics: Topics, written: int) -> int:
    return written - sum(max(0, offset) for offset in topics.committed("dedup", "turns"))


def test_an_undisturbed_run_is_what_the_oracle_says(kafka: LocalKafka, tmp_path: Path) -> None:
    topics, records = two_stages(kafka), turns(20_000)
    topics.load("turns", records)
    with Workers(topics, tmp_path) as workers:
        workers.start("dedup")
        workers.start("count")
        assert settle(topics, workers, records) == expected(records)
        assert workers.unexpected == []
    assert lag(topics, len(records)) == 0


@pytest.mark.kills
@pytest.mark.parametrize("kills", [pytest.param(ROUNDS, id="dynamic"), pytest.param(KILLS, id="static")])
def test_kill_9_under_load_loses_and_repeats_nothing(
    kafka: LocalKafka, tmp_path: Path, kills: int, request: pytest.FixtureRequest
) -> None:
    topics, chance, static = two_stages(kafka), random.Random(7), "static" in request.node.name
    about = {"session_timeout_s": 3, "heartbeat_s": 0.5, "instance_id": "one" if static else None}
    with Workers(topics, tmp_path) as workers:
        victims = [workers.start(stage, chunk_max=50, hold_s=0.03, **about) for stage in ("dedup", "count")]
        load = Load(topics, "turns", turns(100_000), rate=1000)
        for number in range(kills):
            victim = victims[number % 2].ready()
            time.sleep(chance.uniform(0.02, 0.6))
            assert lag(topics, load.sent) > 0, "a kill counts only if it hits work"
            victim.kill()
            victim.again()
        records = load.finish()
        assert settle(topics, workers, records) == expected(records)
        assert workers.unexpected == []


@pytest.mark.kills
def test_a_second_worker_joins_and_leaves_under_load(kafka: LocalKafka, tmp_path: Path) -> None:
    topics, chance = two_stages(kafka), random.Random(3)
    with Workers(topics, tmp_path) as workers:
        for stage in ("dedup", "count"):
            workers.start(stage, chunk_max=100, hold_s=0.02).ready()
        load = Load(topics, "turns", turns(100_000), rate=800)
        for _ in range(ROUNDS):
            guests = [Worker(topics, stage, tmp_path, hold_s=0.02) for stage in ("dedup", "count")]
            workers.all += guests
            for guest in guests:
                guest.ready(1)
            time.sleep(chance.uniform(0.3, 1.5))
            for guest in guests:
                assert guest.terminate() == 0
                workers.all.remove(guest)
            time.sleep(chance.uniform(0.3, 1.0))
        records = load.finish()
        assert settle(topics, workers, records) == expected(records)
        assert workers.unexpected == []


@pytest.mark.kills
def test_a_zombie_is_refused_and_ends(kafka: LocalKafka, tmp_path: Path) -> None:
    """Frozen beyond the session timeout, most likely inside a transaction; its partitions move; it wakes."""
    topics = two_stages(kafka)
    with Workers(topics, tmp_path) as workers:
        zombie = workers.start("dedup", hold_s=0.15)
        other = workers.start("dedup", hold_s=0.15)
        workers.start("count")
        zombie.ready(2)
        other.ready(2)
        load = Load(topics, "turns", turns(100_000), rate=800)
        time.sleep(1)
        zombie.signal(signal.SIGSTOP)
        time.sleep(9)
        zombie.signal(signal.SIGCONT)
        assert zombie.exit_code(10) == ExitCode.FENCED, zombie.text
        assert "code=10 why=fenced" in zombie.text
        zombie.again()
        time.sleep(1)
        records = load.finish()
        assert settle(topics, workers, records) == expected(records)
        assert workers.unexpected == []


@pytest.mark.kills
def test_sigterm_under_load_exits_0_and_keeps_what_was_committed(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = two_stages(kafka)
    with Workers(topics, tmp_path) as workers:
        load = Load(topics, "turns", turns(100_000), rate=1000)
        pair = [workers.start(stage, chunk_max=50, hold_s=0.03, instance_id="one") for stage in ("dedup", "count")]
        for number in range(ROUNDS * 2):
            worker = pair[number % 2].ready()
            time.sleep(0.3)
            assert lag(topics, load.sent) > 0
            started = time.monotonic()
            assert worker.terminate() == 0
            assert time.monotonic() - started < 5
            worker.again()
        records = load.finish()
        assert settle(topics, workers, records) == expected(records)
    committed = sum(map(len, topics.read("final").values()))
    written = sum(map(len, topics.read("final", isolation="read_uncommitted").values()))
    assert written == committed, "a stop finishes the commit in flight"


@pytest.mark.kills
def test_one_lane_serves_two_sources(kafka: LocalKafka, tmp_path: Path) -> None:
    """The same turns on both topics come out once, in the order of one of the possible merges."""
    topics = Topics(kafka.address, logs=("turns", "again", "mid"), changelogs=("both-table",))
    records = turns(12_000)
    topics.load("turns", records[:8_000])
    topics.load("again", records[4_000:])
    with Workers(topics, tmp_path) as workers, closing(Reader(topics, "mid")) as reader:
        worker = workers.start("both", chunk_max=50, hold_s=0.03, instance_id="one")
        for _ in range(ROUNDS):
            worker.ready()
            time.sleep(0.3)
            worker.kill()
            worker.again()
        wanted = {(turn.partition, turn.key, turn.value) for turn in records}
        follow(reader, len(wanted))
        guest = Worker(topics, "both", tmp_path)
        workers.all.append(guest.ready(1))
        assert set(workers.terminate()) == {0}
        reader.poll(0.5)
        seen = [(number, *record) for number, found in reader.records.items() for record in found]
        assert len(seen) == len(wanted)
        assert set(seen) == wanted
