"""One fenced Kafka transaction per Effects: outputs, changelog and source offset become visible together or never."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any, NamedTuple, cast

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.producer import sender
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.default_records import DefaultRecordBatch

from streams import failpoints
from streams.counts import Counts
from streams.engine.batches import ToWrite, build_batches, by_destination, from_changes
from streams.engine.exits import EngineError, ExitCode, code_of
from streams.engine.left_open import left_open
from streams.engine.note import Note, pack
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.ports import Effects, Output

sender.BACKOFF_OVERRIDE = 0.005  # seconds between the requests of a transaction; upstream waits 20 ms
ZSTD = DefaultRecordBatch.CODEC_ZSTD
WORDY_BYTES = 128
"""A changelog whose values are longer, on the average, holds texts."""
RESERVED = b"\0"
"""First byte of the engine's own keys in a changelog."""
IDENTITY = RESERVED * 2
"""The key under which a changelog says what its table is made with. No topic's name begins with a zero byte."""


class Reached(NamedTuple):
    """A position in a source, and what is noted beside it."""

    source: TopicPartition
    position: int
    note: Note


class Delivery(NamedTuple):
    """Effects made ready to send."""

    batches: Mapping[TopicPartition, list[Any]]
    changes: Mapping[bytes, bytes]
    reached: Reached | None
    outputs: int
    counts: Counts = {}


class Transactions:
    """The transactional producer of one partition number. After any error it is never used again."""

    def __init__(self, spec: StageSpec, settings: EngineSettings, number: int) -> None:
        self._spec, self._settings, self._number = spec, settings, number
        self._unsaid: dict[bytes, bytes] = {}
        self._producer = AIOKafkaProducer(
            **settings.client(),
            client_id=f"{spec.app_id}-{number}",
            transactional_id=f"{spec.app_id}-{number}",
            transaction_timeout_ms=settings.transaction_timeout_ms,
            acks="all",
            linger_ms=0,  # batches are complete when they are handed over
            max_batch_size=settings.batch_bytes,
            max_request_size=settings.record_max,
            retry_backoff_ms=10,
        )

    async def fence(self) -> None:
        """Refuse the previous owner from now on: its open transaction is aborted, its next request fails.

        Raises EngineError HANGING where one is open all the same: the next abort would take what was committed.
        """
        await self._producer.start()
        numbers = range(self._spec.partitions)
        places = [TopicPartition(topic, number) for topic in self._spec.outputs for number in numbers]
        for (topic, number), began in (await left_open(self._producer.client, self._producer_id(), places)).items():
            raise EngineError(
                ExitCode.HANGING,
                f"{topic}/{number}: a transaction of {self._spec.app_id}-{self._number} hangs at {began}. It is "
                "finished, but the broker lost its marker, as Kafka 4.3 and 4.4 do; nothing is written above it. "
                "kafka-transactions.sh abort would give up what it holds",
            )

    def say_identity(self) -> None:
        """Let the first transaction that changes the table tell what it is made with."""
        self._unsaid = {IDENTITY: self._spec.identity.encode()}

    def prepare(self, effects: Effects, reached: Reached | None) -> Delivery | None:
        """Build the batches of one transaction; None when there is nothing to make durable. Raises POISON."""
        groups = by_destination(
            effects.outputs, lane=self._number, topics=self._spec.outputs, partitions=self._spec.partitions
        )
        outputs = sum(map(len, groups.values()))
        records: dict[TopicPartition, Iterable[ToWrite]] = {**groups}
        changelog = _changelog(effects.changes, reached)
        if changelog:
            assert self._spec.changelog is not None
            changelog = {**self._unsaid, **changelog}
            records[TopicPartition(self._spec.changelog, self._number)] = from_changes(changelog)
        if not records:
            return None
        limit = self._settings.record_max
        batches = {
            tp: build_batches(group, tp.topic, new_batch=self._new_batch_for(tp.topic, changelog), record_max=limit)
            for tp, group in records.items()
        }
        if changelog:
            self._unsaid = {}
        return Delivery(batches, effects.changes, reached, outputs, effects.counts)

    def _new_batch_for(self, topic: str, changelog: Mapping[bytes, bytes]) -> Callable[[], Any]:
        """Outputs stay plain: not every client of theirs reads every compression."""
        if topic == self._spec.changelog and is_wordy(changelog.values()):
            return partial(BatchBuilder, self._settings.batch_bytes, ZSTD, is_transactional=True)
        return cast(Callable[[], Any], self._producer.create_batch)

    async def deliver(self, delivery: Delivery) -> None:
        """Commit one transaction. Must be left to finish: a cancelled commit may commit all the same."""
        await self._producer.begin_transaction()
        failpoints.reach("transaction_begun")
        if delivery.reached is not None:
            source, position, note = delivery.reached
            # Before the batches: fastest, and keeps clear of aiokafka issue 1004.
            await self._producer.send_offsets_to_transaction({source: (position, pack(note))}, self._spec.app_id)
            failpoints.reach("position_sent")
        await asyncio.gather(*(self._send(destination, batches) for destination, batches in delivery.batches.items()))
        failpoints.reach("committing")
        await self._producer.commit_transaction()

    async def stop(self) -> None:
        await self._producer.stop()

    def _producer_id(self) -> int:
        number: int = self._producer._txn_manager.producer_id
        return number

    async def _send(self, destination: TopicPartition, batches: list[Any]) -> None:
        """Send and see every batch delivered: a failed send alone does not fail the transaction."""
        topic, partition = destination
        try:
            for sent in [await self._producer.send_batch(batch, topic, partition=partition) for batch in batches]:
                await sent
        except KafkaError as error:
            raise EngineError(code_of(error), f"{topic}/{partition}: {error!r}") from error


async def send_plainly(outputs: Iterable[Output], settings: EngineSettings, number: int) -> None:
    """Write outputs without a transaction, for a lane of this number that has none; durable when it returns."""
    producer = AIOKafkaProducer(
        **settings.client(), acks="all", enable_idempotence=True, max_request_size=settings.record_max
    )
    await producer.start()
    try:
        for topic, key, value, headers, partition in outputs:
            at = number if partition is None else partition
            await producer.send_and_wait(topic, value, key, partition=at, headers=list(headers))
    finally:
        await producer.stop()


def is_wordy(values: Collection[bytes]) -> bool:
    """Whether a changelog is worth compressing: texts shrink to a quarter for 1.5 us a value, packed hashes do not."""
    return sum(map(len, values)) > WORDY_BYTES * len(values)


def position_key(topic: str) -> bytes:
    """The key under which a changelog holds the position reached in a source topic."""
    return RESERVED + topic.encode()


def _changelog(changes: Mapping[bytes, bytes], reached: Reached | None) -> Mapping[bytes, bytes]:
    """The table's changes and, under a key of ours, the position reached."""
    if RESERVED in {key[:1] for key in changes}:
        raise EngineError(ExitCode.POISON, "the stage changed a key that begins with a zero byte")
    if reached is None:
        return changes
    return {**changes, position_key(reached.source.topic): str(reached.position).encode()}
