"""The broker dies: inside transactions, together with all workers, for long, or as one of three. The dump stays equal.

TURNLOG_BROKER_KILLS=10, TURNLOG_BROKER_AND_WORKER_KILLS=20, TURNLOG_BROKER_AWAY_S=75 and TURNLOG_CLUSTER_KILLS=9 are
the full run.
"""

import asyncio
import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka import TopicPartition as AioPartition

from schemas.topics import registry
from streams.engine import EngineSettings, ExitCode
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.deployment.production import PARTITIONS
from tests.faults.cluster import Run, running, undisturbed
from tests.faults.cluster_brokers import Blocked, Brokers
from tests.faults.cluster_load import SEED, Publisher, workload
from tests.faults.cluster_lossy import JARS, OtherKafka, hanging
from tests.faults.group import Member, Members, skipped, wait_until
from tests.faults.report import MAY_END_WITH
from tests.streams.engine.broker import Topics
from tests.streams.engine.workers import Workers

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.kills, pytest.mark.timeout(3600)]
KILLS = int(os.environ.get("TURNLOG_BROKER_KILLS", "2"))
KILLS_OF_ALL = int(os.environ.get("TURNLOG_BROKER_AND_WORKER_KILLS", "1"))
AWAY_S = float(os.environ.get("TURNLOG_BROKER_AWAY_S", "5"))
CLUSTER_KILLS = int(os.environ.get("TURNLOG_CLUSTER_KILLS", "0"))
RECORDS_EACH, RECORDS_OF_CLUSTER = 90, 120
RATE = 20
HELD_S = 2.0
SCAN_S = 2.0
"""How often a local broker looks for transactions that are too old."""
FAILOVER_S = 4.0
"""Until the others notice that a broker is dead, and lead its partitions: nobody reads from these meanwhile."""
START_S = 240
"""A broker that was killed comes back within seconds, unless the machine is busy with other things."""
STAGES = ("ingest", "window", "extract", "resolve")


def test_a_broker_that_dies_costs_time_only(clickhouse: LocalClickHouse, tmp_path: Path) -> None:
    rounds = KILLS + KILLS_OF_ALL + 1
    records = workload(RECORDS_EACH * rounds)
    expected = undisturbed(records, tmp_path / "undisturbed", clickhouse)
    with LocalKafka(tmp_path / "kafka") as kafka, running(tmp_path / "run", kafka, clickhouse) as (run, members):
        places = HeldPlaces(tmp_path, KILLS)
        worker = members.start("first", TURNLOG_INSTANCE_ID="one", **places.settings)
        members.wait_until_shared()
        publisher = Publisher(kafka.address, records, rounds=rounds, rate=RATE)
        hit = [kill_in_a_transaction(kafka, publisher, places) for _ in range(KILLS)]
        lags = [kill_all(kafka, publisher, run, members) for _ in range(KILLS_OF_ALL)]
        publisher.next_round()
        time.sleep(1)
        kafka.kill()
        time.sleep(AWAY_S)
        kafka.start(START_S)
        publisher.finish()
        run.wait_until_quiet()
        print(f"seed {SEED}; killed inside {hit}; lags when all were killed {lags}; away {AWAY_S:.0f} s")
        exits = members.exits()
        print(f"exits {exits}")
        run.must_equal(expected)
        assert [(stage, code) for stage, code in exits if code not in MAY_END_WITH] == []
        assert not skipped(members.all)
    assert len(worker.said()) < 2000 + 500 * rounds, "logs are throttled"


class HeldPlaces:
    """Failpoints that hold transactions open, one after the other in each stage, and what they leave when they fire."""

    def __init__(self, folder: Path, number: int) -> None:
        self._folder, self._seen = folder / "fired", set[str]()
        self._folder.mkdir()
        points = [f"{stage}/committing=delay:{HELD_S}@{3 + at % 5}" for stage in STAGES for at in range(number + 2)]
        self.settings = {"TURNLOG_FAILPOINTS": ",".join(points), "TURNLOG_FAILPOINTS_DIR": str(self._folder)}

    def held(self) -> list[str]:
        """The stages whose transactions are held open at this moment."""
        now = time.time()
        return [
            file.name.split("-")[1]
            for file in self._folder.iterdir()
            if (said := file.read_text()) and now - int(said) / 1000 < HELD_S - 0.2
        ]


def kill_in_a_transaction(kafka: LocalKafka, publisher: Publisher, places: HeldPlaces) -> list[str]:
    """-> the stages that were inside one."""
    publisher.next_round()
    wait_until(lambda: bool(places.held()), 180, lambda: "no transaction was held open")
    held = places.held()
    kafka.kill()
    time.sleep(0.5)
    kafka.start(START_S)
    time.sleep(HELD_S)
    return held


def kill_all(kafka: LocalKafka, publisher: Publisher, run: Run, members: Members) -> int:
    """-> the lag there was."""
    publisher.next_round()
    time.sleep(1)
    lag = sum(run.lags().values())
    assert lag, "a kill has to hit work"
    (worker,) = members.alive
    kafka.kill()
    members.kill(worker)
    kafka.start(START_S)
    start_again(members)
    return lag


def start_again(members: Members) -> Member:
    worker = members.start("again", TURNLOG_INSTANCE_ID="one")
    members.wait_until_shared()
    return worker


@pytest.fixture
def brokers(tmp_path: Path) -> Iterator[Brokers]:
    with Brokers(tmp_path / "kafka") as three:
        yield three


@pytest.mark.skipif(not CLUSTER_KILLS, reason="by hand: TURNLOG_CLUSTER_KILLS=9")
def test_one_broker_of_three_at_a_time(brokers: Brokers, clickhouse: LocalClickHouse, tmp_path: Path) -> None:
    records = workload(RECORDS_OF_CLUSTER * CLUSTER_KILLS)
    expected = undisturbed(records, tmp_path / "undisturbed", clickhouse)
    settings = {"TURNLOG_REPLICATION": "3", "TURNLOG_KAFKA": brokers.address}
    with running(tmp_path / "run", brokers.nodes[0], clickhouse, **settings) as (run, members):
        members.start("only", TURNLOG_INSTANCE_ID="one")
        members.wait_until_shared()
        brokers.wait_until_in_step()
        publisher = Publisher(brokers.address, records, rounds=CLUSTER_KILLS, rate=RATE)
        blocked = Blocked(brokers.admin, [topic.name for topic in registry(1)], PARTITIONS)
        for number in range(CLUSTER_KILLS):
            publisher.next_round()
            time.sleep(1)
            node = brokers.nodes[number % len(brokers.nodes)]
            node.kill()
            time.sleep(5)
            node.start(START_S)
            brokers.wait_until_in_step()
        publisher.finish()
        run.wait_until_quiet()
        blocked.finish()
        exits = members.exits()
        print(f"seed {SEED}; {CLUSTER_KILLS} brokers killed; exits {exits}")
        print(f"readers held up for {blocked.held.longest:.1f} s, at {blocked.held.where}; {blocked.looks} looks")
        run.must_equal(expected)
        assert not skipped(members.all)
    assert [(stage, code) for stage, code in exits if code not in MAY_END_WITH] == []
    assert blocked.looks > 20
    allowed = EngineSettings().transaction_timeout_ms / 1000 + SCAN_S + FAILOVER_S
    assert blocked.held.longest < allowed


def test_a_commit_marker_that_a_broker_lost_is_named_before_anything_is_written(tmp_path: Path) -> None:
    """What it leaves in an output topic looks like this: of the lane's own producer, and the coordinator knows nothing
    of it. Written on, the next abort would take it away."""
    with LocalKafka(tmp_path / "kafka", properties={"transaction.partition.verification.enable": "false"}) as kafka:
        topics = Topics(kafka.address, logs=("turns", "mid"), changelogs=("dedup-table",))
        asyncio.run(leave_without_marker(topics, 2))
        with Workers(topics, tmp_path) as workers:
            worker = workers.start("dedup")
            assert worker.exit_code(120) == ExitCode.HANGING
            assert f"{topics.named('mid')}/2: a transaction of" in worker.text
            assert "lost its marker" in worker.text


async def leave_without_marker(topics: Topics, number: int) -> None:
    place = AioPartition(topics.named("mid"), number)
    producer = AIOKafkaProducer(bootstrap_servers=topics.address, transactional_id=f"{topics.prefix}-dedup-{number}")
    await producer.start()
    await producer.begin_transaction()
    producer._txn_manager._txn_partitions.add(place)  # as if the coordinator had been told
    await (await producer.send(place.topic, b"value", b"key", partition=number))
    await producer._sender.close()
    await producer.client.close()
    producer._closed = True


@pytest.mark.skipif(not JARS, reason="by hand: TURNLOG_LOSSY_KAFKA=folder with the jars of Apache Kafka 4.4.0")
def test_a_broker_that_loses_commit_markers_is_met_with_a_named_error(
    clickhouse: LocalClickHouse, tmp_path: Path
) -> None:
    """Killed with all workers until a transaction hangs; then they have to say so, and write nothing wrong."""
    records = workload(RECORDS_EACH * KILLS_OF_ALL)
    expected = undisturbed(records, tmp_path / "undisturbed", clickhouse)
    topics = [topic.name for topic in registry(1)]
    with OtherKafka(tmp_path / "kafka") as kafka, running(tmp_path / "run", kafka, clickhouse) as (run, members):
        members.start("first", TURNLOG_INSTANCE_ID="one")
        members.wait_until_shared()
        publisher = Publisher(kafka.address, records, rounds=KILLS_OF_ALL, rate=RATE)
        found: dict[str, tuple[int, int]] = {}
        for kill in range(KILLS_OF_ALL):
            publisher.next_round()
            time.sleep(2)
            kafka.kill()
            members.kill(members.alive[0])
            kafka.start(START_S)
            time.sleep(EngineSettings().transaction_timeout_ms / 1000 + 2 * SCAN_S)
            if found := hanging(kafka.address, topics, PARTITIONS):
                print(f"after kill {kill + 1} these hang: {found}")
                break
            start_again(members)
        publisher.finish()
        if not found:
            run.wait_until_quiet()
            run.must_equal(expected)
            pytest.skip(f"{KILLS_OF_ALL} kills left no transaction hanging")
        worker = members.start("named", TURNLOG_INSTANCE_ID="one")
        time.sleep(60)
        exits, lines = worker.exits(), run.lines()
        print(f"exits {exits}; still hanging {hanging(kafka.address, topics, PARTITIONS)}; lags {run.lags()}")
        print("\n".join(str(line.get("error")) for line in worker.said() if line["action"] == "exit")[:2000])
    wrong = wrong_lines(expected, lines)
    assert not wrong, wrong[:10]
    assert {code for _, code in exits} & {ExitCode.HANGING, ExitCode.DISAGREE} or lines == expected


def wrong_lines(expected: list[str], found: list[str]) -> list[str]:
    """Turns that are not in the undisturbed dump: what is missing yet is late, not wrong."""
    known = set(expected)
    return [line for line in found if line.startswith("turns ") and line not in known]
