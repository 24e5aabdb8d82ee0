"""The limit on confluent-kafka (librdkafka): a durable consumer written by hand, without a framework.

python -m tests.benchmarks.workers.by_hand_confluent transactional|idempotent SHAPE

Transactional: outputs, changelog and positions of what was consumed in one transaction. Idempotent: outputs are stored
before the changelog is sent, and both before the positions are committed.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Callable

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

from tests.benchmarks.workers.bare import Pairs, handle
from tests.benchmarks.workers.work import Work, collect_less_often, told

AT_ONCE = {"one": 10_000, "many": 1_000}
"""Most records that are consumed together, some 3 MB, by the shape of the backlog."""
PATIENCE_S = 0.05
COMMIT_EVERY_S = 1.0
TIMEOUT_S = 30
TUNED = {
    "linger.ms": 5,
    "batch.size": 512 << 10,
    "batch.num.messages": 100_000,
    "queue.buffering.max.messages": 1_000_000,
    "acks": "all",
}
Positions = dict[int, int]
Deliver = Callable[[dict[int, Pairs], dict[int, Pairs], Positions], None]


def main(work: Work, mode: str, at_once: int) -> None:
    consumer = Consumer(
        {
            "bootstrap.servers": work.kafka,
            "group.id": work.group,
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "isolation.level": "read_committed",
            "queued.min.messages": 100_000,
            "fetch.wait.max.ms": 30,
        }
    )
    consumer.assign([TopicPartition(work.source, number, 0) for number in range(work.partitions)])
    deliver = transactional(work, consumer) if mode == "transactional" else idempotent(work, consumer)
    states: dict[int, dict[bytes, bytes]] = {number: {} for number in range(work.partitions)}
    while True:
        records: dict[int, Pairs] = defaultdict(list)
        positions: Positions = {}
        for message in consumer.consume(at_once, PATIENCE_S):
            if message.error():
                raise KafkaException(message.error())
            records[message.partition()].append((message.key(), message.value()))
            positions[message.partition()] = message.offset() + 1
        outputs: dict[int, Pairs] = {}
        changes: dict[int, Pairs] = {}
        for number, pairs in records.items():
            outputs[number], changed = handle(pairs, states[number])
            states[number].update(changed)
            changes[number] = list(changed.items())
        deliver(outputs, changes, positions)


def transactional(work: Work, consumer: Consumer) -> Deliver:
    producer = Producer({"bootstrap.servers": work.kafka, "transactional.id": work.group, **TUNED})
    producer.init_transactions(TIMEOUT_S)

    def deliver(outputs: dict[int, Pairs], changes: dict[int, Pairs], positions: Positions) -> None:
        if positions:
            producer.begin_transaction()
            produce(producer, work.output, outputs)
            produce(producer, work.changelog, changes)
            reached = placed(work.source, positions)
            producer.send_offsets_to_transaction(reached, consumer.consumer_group_metadata(), TIMEOUT_S)
            producer.commit_transaction(TIMEOUT_S)

    return deliver


def idempotent(work: Work, consumer: Consumer) -> Deliver:
    producer = Producer({"bootstrap.servers": work.kafka, "enable.idempotence": True, **TUNED})
    reached: Positions = {}
    due = time.monotonic() + COMMIT_EVERY_S

    def deliver(outputs: dict[int, Pairs], changes: dict[int, Pairs], positions: Positions) -> None:
        nonlocal due
        produce(producer, work.output, outputs)
        producer.flush(TIMEOUT_S)
        produce(producer, work.changelog, changes)
        reached.update(positions)
        if reached and time.monotonic() > due:
            producer.flush(TIMEOUT_S)
            consumer.commit(offsets=placed(work.source, reached), asynchronous=False)
            reached.clear()
            due = time.monotonic() + COMMIT_EVERY_S

    return deliver


def produce(producer: Producer, topic: str, records: dict[int, Pairs]) -> None:
    for number, pairs in records.items():
        for key, value in pairs:
            producer.produce(topic, value, key, number, on_delivery=stored)
    producer.poll(0)


def stored(error: object, message: object) -> None:
    if error is not None:
        raise SystemExit(f"a record was not stored: {error}")


def placed(topic: str, positions: Positions) -> list[TopicPartition]:
    return [TopicPartition(topic, number, offset) for number, offset in positions.items()]


if __name__ == "__main__":
    collect_less_often()
    main(told(), sys.argv[1], AT_ONCE[sys.argv[2]])
