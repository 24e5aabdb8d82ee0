"""What the tests do with Kafka themselves, through another client than the one under test."""

import asyncio
import itertools
import os
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence

from aiokafka import AIOKafkaConsumer
from aiokafka import TopicPartition as AioPartition
from aiokafka.errors import KafkaError as KafkaErrorOfAio
from confluent_kafka import Consumer, KafkaError, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, NewTopic

from streams.adapters.kafka import KafkaAdmin, Place
from tests.streams.engine.workload import PARTITIONS, Turn

Records = list[tuple[bytes, bytes]]
# what a broker that is still making or loading its list of groups answers
NOT_YET = {
    KafkaError.NOT_COORDINATOR,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
}
_numbers = itertools.count()


class Topics:
    """Topics with a prefix of their own, so that tests do not meet on a shared broker."""

    def __init__(self, address: str, *, logs: Sequence[str], changelogs: Sequence[str] = ()) -> None:
        self.address, self.prefix = address, f"t{os.getpid()}x{next(_numbers)}"
        self.admin = AdminClient({"bootstrap.servers": address})
        large = {"max.message.bytes": str(8 << 20)}
        new = [NewTopic(self.named(log), PARTITIONS, 1, config=large) for log in logs]
        new += [NewTopic(self.named(log), PARTITIONS, 1, config={"cleanup.policy": "compact"}) for log in changelogs]
        for done in self.admin.create_topics(new).values():
            done.result(20)

    def named(self, name: str) -> str:
        return f"{self.prefix}.{name}"

    def load(self, name: str, records: Iterable[Turn]) -> None:
        """Write records, in order, and wait until they are stored."""
        about = {"bootstrap.servers": self.address, "linger.ms": 5, "enable.idempotence": True}
        producer = Producer({**about, "message.max.bytes": 8 << 20})
        for partition, key, value in records:
            while True:
                try:
                    producer.produce(self.named(name), value, key, partition)
                    break
                except BufferError:
                    producer.poll(0.05)
        assert producer.flush(60) == 0

    def read(self, name: str, *, isolation: str = "read_committed") -> dict[int, Records]:
        """All records of a topic by partition, to the end."""
        reader = Reader(self, name, isolation=isolation)
        try:
            reader.to_the_end()
            return {number: reader.records[number] for number in range(PARTITIONS)}
        finally:
            reader.close()

    def table(self, name: str) -> dict[bytes, bytes]:
        """The last value of every key in a changelog, without the engine's own."""
        rows = {key: value for records in self.read(name).values() for key, value in records}
        return {key: value for key, value in rows.items() if not key.startswith(b"\0")}

    def _member(self, group: str) -> Consumer:
        """Of a group, uncommitted: librdkafka would wait for pending offsets of open transactions."""
        names = {"bootstrap.servers": self.address, "group.id": f"{self.prefix}-{group}"}
        return Consumer({**names, "isolation.level": "read_uncommitted", "log_level": 0})

    def committed(self, group: str, name: str) -> list[int]:
        """The group's offsets per partition; -1001 where there is none."""
        consumer, give_up = self._member(group), time.monotonic() + 20
        asked = [TopicPartition(self.named(name), number) for number in range(PARTITIONS)]
        try:
            while True:
                try:
                    return [answer.offset for answer in consumer.committed(asked, timeout=10)]
                except KafkaException as error:
                    if error.args[0].code() not in NOT_YET or time.monotonic() > give_up:
                        raise
                    time.sleep(0.1)
        finally:
            consumer.close()

    def ends(self, name: str) -> list[int]:
        """Where the log ends, per partition: markers of transactions count."""
        consumer = self._member("looks")
        try:
            places = [TopicPartition(self.named(name), number) for number in range(PARTITIONS)]
            return [consumer.get_watermark_offsets(place, timeout=10)[1] for place in places]
        finally:
            consumer.close()

    def note(self, group: str, name: str, partition: int) -> str:
        """The text beside a committed offset. (Of librdkafka's answers it comes with bytes behind its end.)"""
        return asyncio.run(self._note(f"{self.prefix}-{group}", self.named(name), partition))

    async def _note(self, group: str, topic: str, partition: int) -> str:
        async with KafkaAdmin(self.address) as admin:
            return (await admin.notes(group)).get(Place(topic, partition), "")

    def set_note(self, group: str, name: str, partition: int, offset: int, note: str) -> None:
        """Leave a text beside an offset, once the group has no members. (librdkafka writes others than it is given.)"""
        asyncio.run(self._set_note(f"{self.prefix}-{group}", AioPartition(self.named(name), partition), offset, note))

    async def _set_note(self, group: str, place: AioPartition, offset: int, note: str) -> None:
        give_up = time.monotonic() + 20
        async with AIOKafkaConsumer(
            bootstrap_servers=self.address, group_id=group, enable_auto_commit=False
        ) as consumer:
            consumer.assign([place])
            while True:
                try:
                    await consumer.commit({place: (offset, note)})
                    return
                except KafkaErrorOfAio:
                    if time.monotonic() > give_up:
                        raise
                    await asyncio.sleep(0.2)

    def set_committed(self, group: str, name: str, partition: int, offset: int) -> None:
        """Move a group's offset by hand, as an operator would, once the group has no members."""
        consumer, give_up = self._member(group), time.monotonic() + 20
        try:
            while True:
                try:
                    consumer.commit(offsets=[TopicPartition(self.named(name), partition, offset)], asynchronous=False)
                    return
                except KafkaException:
                    if time.monotonic() > give_up:
                        raise
                    time.sleep(0.2)
        finally:
            consumer.close()

    def delete_before(self, name: str, partition: int, offset: int) -> None:
        """Raise the log's start, as retention would."""
        for done in self.admin.delete_records([TopicPartition(self.named(name), partition, offset)]).values():
            done.result(20)


class Reader:
    """Follows a topic, keeping what it saw."""

    def __init__(self, topics: Topics, name: str, *, isolation: str = "read_committed") -> None:
        self.records: dict[int, Records] = defaultdict(list)
        self._ended: set[int] = set()
        self._consumer = Consumer(
            {
                "bootstrap.servers": topics.address,
                "group.id": f"{topics.prefix}-reader",
                "enable.auto.commit": False,
                "isolation.level": isolation,
                "enable.partition.eof": True,
                "fetch.wait.max.ms": 20,
                "log_level": 0,
            }
        )
        self._consumer.assign([TopicPartition(topics.named(name), number, 0) for number in range(PARTITIONS)])

    def poll(self, seconds: float = 0.1) -> int:
        """Read what is there -> number of records seen so far."""
        for message in self._consumer.consume(10_000, seconds):
            error = message.error()
            if error is None:
                self._ended.discard(message.partition())
                self.records[message.partition()].append((message.key(), message.value()))
            elif error.code() == KafkaError._PARTITION_EOF:
                self._ended.add(message.partition())
        return sum(map(len, self.records.values()))

    def to_the_end(self, limit: float = 60) -> None:
        give_up = time.monotonic() + limit
        while len(self._ended) < PARTITIONS:
            assert time.monotonic() < give_up, "not read to the end"
            self.poll()

    def close(self) -> None:
        self._consumer.close()


class Load(threading.Thread):
    """Writes records at a steady rate until they are all written or it is told to finish."""

    def __init__(self, topics: Topics, name: str, records: Sequence[Turn], *, rate: float) -> None:
        super().__init__(daemon=True)
        self._producer = Producer(
            {"bootstrap.servers": topics.address, "linger.ms": 5, "enable.idempotence": True, "log_level": 0}
        )
        self._topic, self._records, self._rate = topics.named(name), records, rate
        self._enough, self.sent = threading.Event(), 0
        self.start()

    def run(self) -> None:
        started = time.monotonic()
        while self.sent < len(self._records) and not self._enough.wait(0.01):
            due = min(len(self._records), int((time.monotonic() - started) * self._rate))
            for partition, key, value in self._records[self.sent : due]:
                self._producer.produce(self._topic, value, key, partition)
            self.sent = due
            self._producer.poll(0)

    def finish(self) -> list[Turn]:
        """Stop here -> what was written."""
        self._enough.set()
        self.join()
        assert self._producer.flush(60) == 0
        return list(self._records[: self.sent])
