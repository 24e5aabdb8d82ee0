"""Topics and groups that are given up, and the ends of logs while transactions are under way."""

import asyncio
from uuid import uuid4

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from streams.adapters.kafka import KafkaAdmin, Place, TopicPlan
from streams.adapters.kafka_trouble import KafkaRefused
from streams.local.kafka import LocalKafka

pytestmark = pytest.mark.kafka


async def test_a_topic_is_deleted_and_one_that_is_not_there_is_passed_over(kafka: LocalKafka) -> None:
    name = f"t-{uuid4().hex[:8]}"
    async with KafkaAdmin(kafka.address) as admin:
        await admin.create([TopicPlan(name, 1, 1, {})])
        await admin.delete([f"{name}-never", name])
        assert name not in await admin.partitions()
        await admin.delete([name])


async def test_a_group_is_forgotten_once_nobody_is_in_it(kafka: LocalKafka) -> None:
    name = f"t-{uuid4().hex[:8]}"
    async with KafkaAdmin(kafka.address) as admin:
        await admin.create([TopicPlan(name, 1, 1, {})])
        member = AIOKafkaConsumer(
            name, bootstrap_servers=kafka.address, group_id=name, enable_auto_commit=False, auto_offset_reset="earliest"
        )
        await member.start()
        try:
            while not member.assignment():
                await asyncio.sleep(0.05)
            await member.commit({next(iter(member.assignment())): 0})
            with pytest.raises(KafkaRefused, match="NonEmptyGroup"):
                await admin.delete_group(name)
        finally:
            await member.stop()
        assert await admin.committed(name) == {Place(name, 0): 0}
        await admin.delete_group(name)
        assert await admin.committed(name) == {}
        await admin.delete_group(name)


async def test_what_is_written_and_not_yet_readable_counts_where_it_is_asked_for(kafka: LocalKafka) -> None:
    name = f"t-{uuid4().hex[:8]}"
    place = Place(name, 0)
    producer = AIOKafkaProducer(bootstrap_servers=kafka.address, transactional_id=name)
    async with KafkaAdmin(kafka.address) as admin:
        await admin.create([TopicPlan(name, 1, 1, {})])
        await producer.start()
        try:
            async with producer.transaction():
                await producer.send_and_wait(name, b"open")
                assert (await admin.ends([place]), await admin.written_ends([place])) == ({place: 0}, {place: 1})
        finally:
            await producer.stop()
