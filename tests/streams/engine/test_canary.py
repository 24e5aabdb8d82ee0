"""What we rely on inside Faust and aiokafka. When one of these turns red, read the engine again before upgrading."""

import inspect
from importlib.metadata import version
from types import SimpleNamespace
from typing import Any

import faust
import faust.streams
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.consumer.subscription_state import Assignment, TopicPartitionState
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.producer.producer import AIOKafkaProducer as Producer
from aiokafka.protocol.commit import OffsetCommitRequest, OffsetFetchRequest
from faust.tables.manager import TableManager
from faust.transport.drivers import aiokafka as driver
from mode import Worker

from streams.engine import transaction
from streams.engine.offsets import Committed, fetch_committed
from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Topics

SIGNATURES = {
    driver.AIOKafkaConsumerThread._create_worker_consumer: "self, transport",
    driver.AIOKafkaConsumerThread.on_start: "self",
    driver.AIOKafkaConsumerThread.crash: "self, exc",
    driver.Consumer._new_consumer_thread: "self",
    driver.Consumer._drain_messages: "self, fetcher",
    driver.Consumer._commit: "self, offsets",
    driver.Consumer.on_partitions_revoked: "self, revoked",
    driver.Consumer.on_partitions_assigned: "self, assigned, generation_id",
    driver.Producer.on_start: "self",
    driver.Producer.on_stop: "self",
    TableManager.on_start: "self",
    TableManager.on_rebalance: "self, assigned, revoked, newly_assigned, generation_id",
    faust.App._new_transport: "self",
    faust.App._new_producer_transport: "self",
    faust.App._create_directories: "self",
    faust.App.on_start: "self",
    faust.App.on_rebalance_end: "self",
    Worker._schedule_shutdown: "self, signal",
    Worker._crash: "self, reason",
    Fetcher._get_actions_per_node: "self, assignment",
    Fetcher._create_fetch_waiter: "self",
    Fetcher.fetched_records: "self, partitions, timeout, max_records",
    GroupCoordinator._send_req: "self, request",
    GroupCoordinator.ensure_coordinator_known: "self",
    GroupCoordinator.coordinator_dead: "self",
    GroupCoordinator.check_errors: "self",
    Assignment.state_value: "self, tp",
    Producer.create_batch: "self",
    Producer.send_batch: "self, batch, topic, partition",
    Producer.send_offsets_to_transaction: "self, offsets, group_id",
    OffsetFetchRequest.__init__: "self, consumer_group, partitions",
    OffsetCommitRequest.__init__: (
        "self, consumer_group, consumer_group_generation_id, consumer_id, retention_time, topics"
    ),
}


@pytest.mark.parametrize(
    ("package", "pinned"), [("faust-streaming", "0.15.3"), ("aiokafka", "0.14.0"), ("mode-streaming", "0.7.1")]
)
def test_the_versions_are_those_the_engine_was_read_against(package: str, pinned: str) -> None:
    assert version(package) == pinned


@pytest.mark.parametrize(
    ("function", "parameters"), SIGNATURES.items(), ids=[function.__qualname__ for function in SIGNATURES]
)
def test_what_we_override_and_call_has_the_known_signature(function: Any, parameters: str) -> None:
    assert ", ".join(inspect.signature(function).parameters) == parameters


def test_faust_has_its_cython_extension() -> None:
    assert faust.streams._CStreamIterator is not None


def test_the_back_off_between_requests_of_a_transaction_is_where_we_set_it() -> None:
    assert transaction.RESERVED == b"\0", "imported, hence set"
    assert sender.BACKOFF_OVERRIDE == 0.005
    assert "return BACKOFF_OVERRIDE" in inspect.getsource(sender.AddPartitionsToTxnHandler)


def test_a_batch_has_the_builder_below() -> None:
    batch = BatchBuilder(1000, 0, is_transactional=1)
    assert batch._builder.append(0, 1, b"k", b"v" * 2000, []) is not None, "the first record always fits"
    assert batch._builder.append(1, 1, b"k", b"v", []) is None
    batch._relative_offset = 1
    assert batch.record_count() == 1


async def test_positions_are_where_we_look() -> None:
    state = TopicPartitionState(SimpleNamespace(commit_refresh_needed=SimpleNamespace(set=lambda: None)))
    assert not state.has_valid_position
    state.seek(7)
    assert state._position == 7


class LoadingCoordinator:
    """Answers as a coordinator that is still loading: an error for the whole response, and no topics."""

    group_id = "group"

    def __init__(self, *answers: Any) -> None:
        self.answers = [SimpleNamespace(topics=[], error_code=14), *answers]

    async def ensure_coordinator_known(self) -> None: ...

    async def _send_req(self, request: object) -> Any:
        return self.answers.pop(0)

    def coordinator_dead(self) -> None: ...


async def test_upstream_reads_a_loading_coordinator_as_nothing_committed() -> None:
    """The day it does not, our own request may go."""
    source = TopicPartition("turns", 0)
    assert await GroupCoordinator._do_fetch_commit_offsets(LoadingCoordinator(), [source]) == {}


async def test_we_ask_a_loading_coordinator_again() -> None:
    source = TopicPartition("turns", 0)
    loaded = SimpleNamespace(topics=[("turns", [(0, 42, "", 0)])], error_code=0)
    assert await fetch_committed(LoadingCoordinator(loaded), [source]) == {source: Committed(42)}


@pytest.mark.kafka
async def test_upstream_commits_a_transaction_in_spite_of_a_failed_send(kafka: LocalKafka) -> None:
    """Hence every future is awaited before the commit."""
    topics = Topics(kafka.address, logs=("turns",))
    producer = AIOKafkaProducer(
        bootstrap_servers=kafka.address,
        transactional_id=topics.prefix,
        max_request_size=32 << 20,
        max_batch_size=32 << 20,
    )
    await producer.start()
    await producer.begin_transaction()
    lost = await producer.send(topics.named("turns"), b"x" * (20 << 20), partition=0)
    await producer.send_and_wait(topics.named("turns"), b"kept", partition=1)
    await producer.commit_transaction()
    assert lost.exception() is not None
    await producer.stop()
    assert [len(records) for records in topics.read("turns").values()] == [0, 1, 0, 0]


@pytest.mark.kafka
async def test_a_group_consumer_has_the_parts_we_reach_for(kafka: LocalKafka) -> None:
    topics = Topics(kafka.address, logs=("turns",))
    consumer = AIOKafkaConsumer(topics.named("turns"), bootstrap_servers=kafka.address, group_id=topics.prefix)
    await consumer.start()
    try:
        coordinator, fetcher = consumer._coordinator, consumer._fetcher
        assert isinstance(coordinator, GroupCoordinator)
        assert coordinator.generation > 0
        assert coordinator.member_id
        assert coordinator.group_id == topics.prefix
        assert isinstance(fetcher._records, dict)
        assert fetcher._fetch_max_wait_ms == 500
        assert consumer._subscription.reassignment_in_progress is False
        assignment = consumer._subscription.subscription.assignment
        assert {tp.partition for tp in assignment.tps} == {0, 1, 2, 3}
    finally:
        await consumer.stop()
