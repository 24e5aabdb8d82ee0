"""Each way out ends with its code, says what to do, and leaves the committed offset where it was."""

import signal
import time
from pathlib import Path

import pytest
from confluent_kafka import Producer

from streams.engine import ExitCode
from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Topics
from tests.streams.engine.workers import Workers, wait_until
from tests.streams.engine.workload import PARTITIONS, Turn, turns

pytestmark = pytest.mark.kafka
NOTHING = -1001
QUICK = {"session_timeout_s": 2, "heartbeat_s": 0.5}
"""A process that ends itself does not leave the group: the next one waits for the session to end."""


def faulty(kafka: LocalKafka) -> Topics:
    return Topics(kafka.address, logs=("turns", "mid"), changelogs=("faulty-table",))


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (b"raise", "the stage raised ValueError"),
        (b"too wide", "larger than the limit"),
        (b"elsewhere", "may not write to another-topic/2"),
        (b"reserved", "begins with a zero byte"),
    ],
)
def test_what_a_stage_must_not_do_is_poison(kafka: LocalKafka, tmp_path: Path, value: bytes, said: str) -> None:
    topics = faulty(kafka)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty", chunk_max=1, **QUICK)
        topics.load("turns", [Turn(2, b"k", b"good"), Turn(2, b"a secret text", value), Turn(2, b"k", b"later")])
        assert worker.exit_code() == ExitCode.POISON
        assert said in worker.text
        assert "a secret text" not in worker.text
        assert worker.again().exit_code() == ExitCode.POISON, "it is not skipped"
    assert topics.committed("faulty", "turns")[2] == 1
    assert topics.read("mid")[2] == [(b"k", b"good")]


@pytest.mark.kills
def test_an_event_loop_that_stands_still_is_ended_from_a_thread(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    topics.load("turns", [Turn(0, b"k", b"freeze")])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty", watch_s=3)
        assert worker.exit_code(30) == ExitCode.HUNG
        assert "in process" in worker.text, "the stack shows where"
    assert topics.committed("faulty", "turns") == [NOTHING] * PARTITIONS


@pytest.mark.kills
def test_a_commit_that_stands_still_is_not_laid_to_a_stage_that_waits_in_another_lane(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    topics = Topics(kafka.address, logs=("turns", "final", "dead"), changelogs=("stepwise-table",))
    armed = {"TURNLOG_FAILPOINTS": "stepwise/position_sent=hang", "TURNLOG_FAILPOINTS_DIR": str(tmp_path)}
    topics.load("turns", [Turn(0, b"k", b"wait")])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("stepwise", watch_s=3, patience_s=60, environment=armed)
        wait_until(lambda: "it waits" in worker.text, 30, worker)
        topics.load("turns", [Turn(1, b"k", b"good")])
        assert worker.exit_code(30) == ExitCode.STUCK
        assert "the event loop stands still" in worker.text


@pytest.mark.kills
def test_a_log_that_nobody_reads_ends_the_process_and_is_not_laid_to_the_stage(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """Also where the stage is what wants to say something."""
    topics = faulty(kafka)
    topics.load("turns", [Turn(0, b"k", b"say")])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty", watch_s=3)
        worker.kill()
        assert worker.again(unread=True).exit_code(40) == ExitCode.STUCK


@pytest.mark.kills
@pytest.mark.parametrize(("patience", "ends"), [(None, True), (60, False)])
def test_a_stage_that_never_answers_is_ended_after_its_patience(
    kafka: LocalKafka, tmp_path: Path, patience: float | None, ends: bool
) -> None:
    topics = Topics(kafka.address, logs=("turns",), changelogs=("silent-table",))
    topics.load("turns", turns(100))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("silent", watch_s=2, patience_s=patience).ready()
        if ends:
            assert worker.exit_code(20) == ExitCode.STUCK
            assert "a step takes longer" in worker.text
        else:
            time.sleep(6)
            assert worker.terminate(5) == 0, "a stop does not wait for the stage"
    assert topics.committed("silent", "turns") == [NOTHING] * PARTITIONS


@pytest.mark.kills
def test_a_consumer_that_silently_stopped_is_ended_when_there_is_lag(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty", watch_s=2, deaf=True).ready()
        time.sleep(4)
        assert worker.alive(), "without lag nothing need move"
        topics.load("turns", [Turn(1, b"k", b"good")])
        assert worker.exit_code(20) == ExitCode.STUCK
        assert "below the ends of its sources" in worker.text


def test_records_that_retention_took_before_they_were_read_are_not_skipped(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty")
        topics.load("turns", [Turn(1, b"k", b"%d" % number) for number in range(10)])
        wait_until(lambda: topics.committed("faulty", "turns")[1] == 10, 30, worker)
        assert worker.terminate() == 0
        topics.load("turns", [Turn(1, b"k", b"%d" % number) for number in range(10, 20)])
        topics.delete_before("turns", 1, 15)
        assert worker.again().exit_code() == ExitCode.LOST
        assert "the committed offset 10 lies below the log's start 15" in worker.text


def test_a_fresh_group_begins_where_the_log_begins(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    topics.load("turns", [Turn(1, b"k", b"%d" % number) for number in range(10)])
    topics.delete_before("turns", 1, 4)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty")
        wait_until(lambda: topics.committed("faulty", "turns")[1] == 10, 30, worker)
        assert worker.terminate() == 0
    assert topics.read("mid")[1] == [(b"k", b"%d" % number) for number in range(4, 10)]


def test_a_group_offset_that_somebody_moved_is_refused(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty", **QUICK)
        topics.load("turns", [Turn(3, b"k", b"%d" % number) for number in range(10)])
        wait_until(lambda: topics.committed("faulty", "turns")[3] == 10, 30, worker)
        assert worker.terminate() == 0
        topics.set_committed("faulty", "turns", 3, 7)
        assert worker.again().exit_code() == ExitCode.DISAGREE
        assert "changelog 10, committed 7" in worker.text
        topics.set_committed("faulty", "turns", 3, 10)
        assert worker.again().ready().terminate() == 0


def test_a_table_that_was_made_with_another_identity_is_refused(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    with Workers(topics, tmp_path) as workers:
        first = workers.start("faulty", identity="one", **QUICK)
        topics.load("turns", [Turn(number, b"k", b"good") for number in range(PARTITIONS)])
        wait_until(lambda: topics.committed("faulty", "turns") == [1] * PARTITIONS, 30, first)
        assert first.terminate() == 0
        other = workers.start("faulty", identity="other", **QUICK)
        assert other.exit_code() == ExitCode.FOREIGN
        assert "fingerprint one, this worker has other" in other.text
        assert first.again().ready().terminate() == 0
    assert topics.committed("faulty", "turns") == [1] * PARTITIONS


def test_a_transaction_that_hangs_in_the_changelog_is_refused(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = faulty(kafka)
    stranger = Producer({"bootstrap.servers": kafka.address, "transactional.id": topics.prefix})
    stranger.init_transactions(20)
    stranger.begin_transaction()
    stranger.produce(topics.named("faulty-table"), b"value", b"key", 2)
    stranger.flush(10)
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("faulty")
        assert worker.exit_code() == ExitCode.HANGING
        assert "kafka-transactions.sh" in worker.text
    stranger.abort_transaction(20)


def test_another_number_of_partitions_is_refused(kafka: LocalKafka, tmp_path: Path) -> None:
    with Workers(faulty(kafka), tmp_path) as workers:
        worker = workers.start("faulty", partitions=PARTITIONS + 1)
        assert worker.exit_code() == ExitCode.CRASH
        assert f"has {PARTITIONS} partitions, but stage faulty needs {PARTITIONS + 1}" in worker.text


@pytest.mark.parametrize("stage", ["faulty", "writer"])
def test_a_missing_source_is_named(kafka: LocalKafka, tmp_path: Path, stage: str) -> None:
    topics = Topics(kafka.address, logs=("mid",), changelogs=("faulty-table",))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start(stage, path=str(tmp_path))
        assert worker.exit_code() == ExitCode.CRASH
        assert f"topic {topics.prefix}.turns has 0 partitions" in worker.text


def test_ctrl_c_is_a_stop(kafka: LocalKafka, tmp_path: Path) -> None:
    with Workers(faulty(kafka), tmp_path) as workers:
        worker = workers.start("faulty").ready()
        worker.signal(signal.SIGINT)
        assert worker.exit_code(10) == 0
        assert worker.text.count("lane_closed") == PARTITIONS


def test_without_a_broker_it_ends_instead_of_waiting(tmp_path: Path, kafka: LocalKafka) -> None:
    with Workers(faulty(kafka), tmp_path) as workers:
        worker = workers.start("faulty", brokers="127.0.0.1:1")
        assert worker.exit_code(20) != 0
