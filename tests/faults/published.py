"""What the publishers' topic holds, against what they believe to have sent."""

import time
from collections.abc import Iterable, Mapping, Sequence

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.topics import app_id
from streams.partitioning import partition_of
from streams.settings import Settings
from tests.faults.stack import PARTITIONS
from tests.faults.workload import Sent

Stored = Mapping[int, Sequence[tuple[bytes, bytes]]]
"""Keys and values, by partition."""


def partition(sent: Sent) -> int:
    return partition_of(sent.key, PARTITIONS)


def stored(settings: Settings, limit_s: float) -> Stored:
    """What the publishers' topic holds, by partition. Raises KafkaException where it cannot be read to its end."""
    about = {"bootstrap.servers": settings.kafka, "group.id": app_id("look", 1), "enable.auto.commit": False}
    consumer = Consumer({**about, "enable.partition.eof": True, "log_level": 0})
    consumer.assign([TopicPartition(settings.turns_topic, number, 0) for number in range(PARTITIONS)])
    found: dict[int, list[tuple[bytes, bytes]]] = {number: [] for number in range(PARTITIONS)}
    ended, deadline = set[int](), time.monotonic() + limit_s
    try:
        while len(ended) < PARTITIONS:
            assert time.monotonic() < deadline, "the publishers' topic cannot be read to its end"
            for message in consumer.consume(1000, 1):
                number = message.partition() or 0
                if (error := message.error()) is None:
                    found[number].append((message.key() or b"", message.value() or b""))
                elif error.code() == KafkaError._PARTITION_EOF:
                    ended.add(number)
                else:
                    raise KafkaException(error)
    finally:
        consumer.close()
    return found


def differences(stored: Stored, sent: Iterable[Sent]) -> list[str]:
    """Where a partition does not hold just the records that were sent there, in their order."""
    believed: dict[int, list[tuple[bytes, bytes]]] = {number: [] for number in stored}
    for each in sent:
        believed[partition(each)].append((each.key, each.value))
    return [
        f"partition {number} holds {len(found)} records, {len(believed[number])} were counted as sent; "
        f"the first {same_start(found, believed[number])} are the same"
        for number, found in stored.items()
        if found != believed[number]
    ]


def same_start(one: Sequence[object], other: Sequence[object]) -> int:
    """How many items two lists have in common before they part."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (here, there) in pairs if here != there), min(len(one), len(other)))
