"""The limit on aiokafka: a durable consumer written by hand, without a framework.

python -m tests.benchmarks.workers.by_hand_aiokafka transactional|idempotent

A task for each partition; batches are built by hand. Transactional: outputs, changelog and position in one transaction
of the partition's own producer. Idempotent: outputs are stored before the changelog, and both before the position.
"""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterable, Mapping

import uvloop
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from aiokafka.producer import sender

from tests.benchmarks.workers.bare import Pairs, handle
from tests.benchmarks.workers.work import Work, collect_less_often, told

sender.BACKOFF_OVERRIDE = 0.005
TUNED = {"acks": "all", "linger_ms": 0, "max_batch_size": 512 << 10, "retry_backoff_ms": 10}
WAITING = 2
"""Fetches of a partition that may wait while another is worked on."""
COMMIT_EVERY_S = 1.0
Deliver = Callable[[int, Pairs, Mapping[bytes, bytes], int], Awaitable[None]]


async def main(work: Work, mode: str) -> None:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=work.kafka,
        group_id=work.group,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        isolation_level="read_committed",
        max_partition_fetch_bytes=1 << 20,
        fetch_max_wait_ms=30,
    )
    await consumer.start()
    places = [TopicPartition(work.source, number) for number in range(work.partitions)]
    consumer.assign(places)
    queues: dict[TopicPartition, asyncio.Queue[list[ConsumerRecord]]] = {
        place: asyncio.Queue(WAITING) for place in places
    }
    async with asyncio.TaskGroup() as tasks:
        deliver = await (transactional(work) if mode == "transactional" else idempotent(work, consumer, tasks))
        for place, queue in queues.items():
            tasks.create_task(run_lane(place.partition, queue, deliver))
        while True:
            fetched = await consumer.getmany(timeout_ms=500)
            await asyncio.gather(*(queues[place].put(records) for place, records in fetched.items()))


async def run_lane(number: int, queue: asyncio.Queue[list[ConsumerRecord]], deliver: Deliver) -> None:
    state: dict[bytes, bytes] = {}
    while True:
        records = await queue.get()
        outputs, changes = handle([(record.key, record.value) for record in records], state)
        await deliver(number, outputs, changes, records[-1].offset + 1)
        state.update(changes)


async def transactional(work: Work) -> Deliver:
    producers = [
        AIOKafkaProducer(bootstrap_servers=work.kafka, transactional_id=f"{work.group}-{number}", **TUNED)
        for number in range(work.partitions)
    ]
    await asyncio.gather(*(producer.start() for producer in producers))

    async def deliver(number: int, outputs: Pairs, changes: Mapping[bytes, bytes], position: int) -> None:
        producer = producers[number]
        await producer.begin_transaction()
        await producer.send_offsets_to_transaction({TopicPartition(work.source, number): position}, work.group)
        await asyncio.gather(
            send(producer, work.output, number, outputs), send(producer, work.changelog, number, changes.items())
        )
        await producer.commit_transaction()

    return deliver


async def idempotent(work: Work, consumer: AIOKafkaConsumer, tasks: asyncio.TaskGroup) -> Deliver:
    producer = AIOKafkaProducer(bootstrap_servers=work.kafka, enable_idempotence=True, **TUNED)
    await producer.start()
    positions: dict[TopicPartition, int] = {}

    async def deliver(number: int, outputs: Pairs, changes: Mapping[bytes, bytes], position: int) -> None:
        await send(producer, work.output, number, outputs)
        await send(producer, work.changelog, number, changes.items())
        positions[TopicPartition(work.source, number)] = position

    async def commit() -> None:
        while True:
            await asyncio.sleep(COMMIT_EVERY_S)
            if positions:
                await consumer.commit(dict(positions))
                positions.clear()

    tasks.create_task(commit())
    return deliver


async def send(producer: AIOKafkaProducer, topic: str, number: int, records: Iterable[tuple[bytes, bytes]]) -> None:
    """Write these records; returns when they are stored."""
    sent, batch = [], producer.create_batch()
    for key, value in records:
        if batch.append(key=key, value=value, timestamp=None) is None:
            sent.append(await producer.send_batch(batch, topic, partition=number))
            batch = producer.create_batch()
            batch.append(key=key, value=value, timestamp=None)
    if batch.record_count():
        sent.append(await producer.send_batch(batch, topic, partition=number))
    await asyncio.gather(*sent)


if __name__ == "__main__":
    collect_less_often()
    uvloop.run(main(told(), sys.argv[1]))
