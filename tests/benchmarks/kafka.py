"""What the benchmarks do with Kafka themselves, on librdkafka: topics, backlogs, ends, and reading what came out."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    Producer,
    TopicCollection,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient, NewTopic, OffsetSpec

from tests.benchmarks.workload import Seen, Sent, place_of

LIMIT_S = 60
APPENDED = {"message.timestamp.type": "LogAppendTime", "max.message.bytes": str(4 << 20)}
"""The broker stamps each batch when it takes it."""
COMPACTED = {"cleanup.policy": "compact", "max.message.bytes": str(4 << 20)}


class Loaded(NamedTuple):
    """A backlog: its size, and per partition what must come out."""

    records: int
    forwarded: int
    """Those with a turn that is new."""
    turns: int
    new: int
    bytes: int
    """Of the records' values."""
    expected: Mapping[int, Seen]


class Read(NamedTuple):
    """A record that came out."""

    partition: int
    offset: int
    timestamp: int
    key: bytes
    value: bytes


class Kafka:
    """One broker."""

    def __init__(self, address: str, data: Path | None = None) -> None:
        """`data`: the broker's folder, for whoever wants to know how large topics are."""
        self.address, self._data = address, data
        self._about = {"bootstrap.servers": address, "log_level": 0}
        self._admin = AdminClient(self._about)
        self._partitions: dict[str, int] = {}

    def create(self, topics: Mapping[str, Mapping[str, str]], partitions: int) -> None:
        new = [NewTopic(name, partitions, 1, config=dict(config)) for name, config in topics.items()]
        for done in self._admin.create_topics(new).values():
            done.result(LIMIT_S)
        self._partitions |= dict.fromkeys(topics, partitions)
        wait_until(lambda: all(map(self._is_led, topics)))

    def delete(self, topics: Iterable[str]) -> None:
        gone = [name for name in topics if name in self.topics()]
        if gone:
            for done in self._admin.delete_topics(gone).values():
                done.result(LIMIT_S)
            wait_until(lambda: not set(gone) & self.topics())

    def topics(self) -> set[str]:
        return {name for name in self._admin.list_topics(timeout=LIMIT_S).topics if not name.startswith("__")}

    def forget(self, groups: Iterable[str]) -> None:
        """Delete groups, once their members are gone; one that does not exist is passed over."""
        give_up = time.monotonic() + LIMIT_S
        for group in groups:
            while True:
                try:
                    self._admin.delete_consumer_groups([group])[group].result(LIMIT_S)
                    break
                except KafkaException as error:
                    if error.args[0].code() == KafkaError.GROUP_ID_NOT_FOUND:
                        break
                    if time.monotonic() > give_up:
                        raise
                    time.sleep(0.1)

    def load(self, topic: str, records: Iterable[Sent], partitions: int) -> Loaded:
        """Write records and wait until they are stored."""
        expected = {number: Seen() for number in range(partitions)}
        producer = Producer(
            {**self._about, "linger.ms": 20, "batch.size": 900_000, "queue.buffering.max.messages": 1_000_000}
        )
        count = forwarded = turns = size = 0
        for key, value, new in records:
            number = place_of(key, partitions)
            while True:
                try:
                    producer.produce(topic, value, key, number)
                    break
                except BufferError:
                    producer.poll(0.05)
            for said in new:
                expected[number].add(key, said["event_id"], said["role"], said["text"], said["timestamp"])
            count, forwarded = count + 1, forwarded + bool(new)
            turns, size = turns + value.count(b'"event_id"'), size + len(value)
        if producer.flush(LIMIT_S):
            raise TimeoutError(f"{topic}: the backlog was not stored")
        return Loaded(count, forwarded, turns, sum(seen.turns for seen in expected.values()), size, expected)

    def end(self, topic: str) -> int:
        """The sum of the partitions' ends, markers of transactions included."""
        return sum(self._ends(topic).values())

    def committed(self, group: str) -> dict[tuple[str, int], int]:
        """The group's offsets; nothing where it does not exist yet."""
        answer = self._admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])
        try:
            places = answer[group].result(LIMIT_S).topic_partitions
        except KafkaException:
            return {}
        return {(place.topic, place.partition): place.offset for place in places}

    def read(self, topic: str) -> Iterator[Read]:
        """All that is committed, to the end."""
        consumer = Consumer(
            {
                **self._about,
                "group.id": "reader",
                "enable.auto.commit": False,
                "isolation.level": "read_committed",
                "enable.partition.eof": True,
                "check.crcs": False,
            }
        )
        open_ends = set(self._numbers(topic))
        consumer.assign([TopicPartition(topic, number, 0) for number in open_ends])
        give_up = time.monotonic() + LIMIT_S
        try:
            while open_ends:
                if time.monotonic() > give_up:
                    raise TimeoutError(f"{topic} could not be read to its end")
                for message in consumer.consume(10_000, 0.2):
                    if message.error() is None:
                        yield Read(
                            message.partition(),
                            message.offset(),
                            message.timestamp()[1],
                            message.key(),
                            message.value(),
                        )
                    elif message.error().code() == KafkaError._PARTITION_EOF:
                        open_ends.discard(message.partition())
        finally:
            consumer.close()

    def size(self, topic: str) -> int:
        """Bytes that a topic takes on the broker's disk."""
        assert self._data is not None
        folders = [self._data / "log" / f"{topic}-{number}" for number in self._numbers(topic)]  # no deleted ones
        return sum(file.stat().st_size for folder in folders for file in folder.glob("*.log"))

    def _is_led(self, topic: str) -> bool:
        """A new topic is known, and led, some moments after it was made."""
        self._admin.list_topics(topic, LIMIT_S)  # otherwise librdkafka remembers that it did not know the topic
        try:
            self._ends(topic)
        except KafkaException:
            return False
        return True

    def _ends(self, topic: str) -> dict[int, int]:
        asked = {TopicPartition(topic, number): OffsetSpec.latest() for number in self._numbers(topic)}
        answers = self._admin.list_offsets(asked, request_timeout=LIMIT_S)
        return {place.partition: answer.result(LIMIT_S).offset for place, answer in answers.items()}

    def _numbers(self, topic: str) -> range:
        if topic not in self._partitions:
            (about,) = self._admin.describe_topics(TopicCollection([topic])).values()
            self._partitions[topic] = len(about.result(LIMIT_S).partitions)
        return range(self._partitions[topic])


def wait_until(true: Callable[[], bool], limit_s: float = LIMIT_S, every_s: float = 0.05) -> None:
    """Raises TimeoutError."""
    give_up = time.monotonic() + limit_s
    while not true():
        if time.monotonic() > give_up:
            raise TimeoutError(f"did not happen within {limit_s:.0f} s")
        time.sleep(every_s)
