"""Lag by position on the real broker: what is unread counts, markers of transactions do not."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.adapters.kafka import KafkaAdmin, Place
from streams.admin.lag import LagMeter, StageLag
from streams.admin.topics import ensure_topics
from streams.local.kafka import LocalKafka
from streams.settings import Settings

pytestmark = pytest.mark.kafka
GENERATION, TOPIC, GROUP = 201, "facts.g201", "turnlog-sink-facts.g201"


@pytest.fixture
def settings(kafka: LocalKafka) -> Settings:
    return Settings(kafka=kafka.address, partitions=3, generation=GENERATION, turns_topic="turns-topics")


@asynccontextmanager
async def transactions(kafka: LocalKafka) -> AsyncIterator[AIOKafkaProducer]:
    producer = AIOKafkaProducer(bootstrap_servers=kafka.address, transactional_id="lag")
    await producer.start()
    yield producer
    await producer.stop()


async def commit(kafka: LocalKafka, partition: int, offset: int) -> None:
    consumer = AIOKafkaConsumer(bootstrap_servers=kafka.address, group_id=GROUP, enable_auto_commit=False)
    await consumer.start()
    consumer.assign([TopicPartition(TOPIC, partition)])
    await consumer.commit({TopicPartition(TOPIC, partition): offset})
    await consumer.stop()


async def measure(meter: LagMeter) -> StageLag:
    (found,) = [lag for lag in await meter.measure() if lag.stage == "sink-facts"]
    return found


async def test_lag_counts_records_and_not_markers(kafka: LocalKafka, settings: Settings) -> None:
    async with KafkaAdmin(kafka.address) as admin, transactions(kafka) as producer:
        await ensure_topics(admin, settings)
        meter = LagMeter(admin, settings)
        assert (await measure(meter)).records == 0
        async with producer.transaction():
            await producer.send_and_wait(TOPIC, b"x", partition=1)
        await producer.begin_transaction()
        await producer.send_and_wait(TOPIC, b"aborted", partition=1)
        await producer.abort_transaction()
        lag = await measure(meter)
        assert (lag.partitions, lag.positions) == ({Place(TOPIC, 1): 4}, {Place(TOPIC, 1): 0})
        waits_since = await meter.oldest(lag)
        assert waits_since is not None
        assert 0 <= time.time() * 1000 - waits_since < 60_000
        await commit(kafka, 1, 1)
        assert (await measure(meter)).records == 0, "what is left are markers and an aborted record"
        async with producer.transaction():
            await producer.send_and_wait(TOPIC, b"y", partition=1)
        found = await measure(meter)
        assert await meter.oldest(StageLag("sink-facts", GROUP, {})) is None
    assert (found.group, found.records) == (GROUP, 5)
