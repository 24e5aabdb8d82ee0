"""One fenced Kafka transaction per Effects: outputs, changelog and source offset become visible together or never."""

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError
from aiokafka.producer import sender

from streams.counts import Counts
from streams.engine.batches import Record, build_batches, by_destination, from_changes
from streams.engine.exits import EngineError, ExitCode, code_of
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.ports import Effects

sender.BACKOFF_OVERRIDE = 0.005  # seconds between the requests of a transaction; upstream waits 20 ms
RESERVED = b"\0"
"""First byte of the engine's own keys in a changelog."""
IDENTITY = RESERVED * 2
"""The key under which a changelog says what its table is made with. No topic's name begins with a zero byte."""


class Delivery(NamedTuple):
    """Effects made ready to send."""

    batches: Mapping[TopicPartition, list[Any]]
    changes: Mapping[bytes, bytes]
    position: tuple[TopicPartition, int] | None
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
        """Refuse the previous owner from now on: its open transaction is aborted, its next request fails."""
        await self._producer.start()

    def say_identity(self) -> None:
        """Let the first transaction that changes the table tell what it is made with."""
        self._unsaid = {IDENTITY: self._spec.identity.encode()}

    def prepare(self, effects: Effects, position: tuple[TopicPartition, int] | None) -> Delivery | None:
        """Build the batches of one transaction; None when there is nothing to make durable. Raises POISON."""
        groups = by_destination(
            effects.outputs, lane=self._number, topics=self._spec.outputs, partitions=self._spec.partitions
        )
        outputs = sum(map(len, groups.values()))
        records: dict[TopicPartition, Iterable[Record]] = {**groups}
        if changelog := _changelog(effects.changes, position):
            assert self._spec.changelog is not None
            changelog, self._unsaid = {**self._unsaid, **changelog}, {}
            records[TopicPartition(self._spec.changelog, self._number)] = from_changes(changelog)
        if not records:
            return None
        new_batch, limit = self._producer.create_batch, self._settings.record_max
        batches = {
            tp: build_batches(group, tp.topic, new_batch=new_batch, record_max=limit) for tp, group in records.items()
        }
        return Delivery(batches, effects.changes, position, outputs, effects.counts)

    async def deliver(self, delivery: Delivery) -> None:
        """Commit one transaction. Must be left to finish: a cancelled commit may commit all the same."""
        await self._producer.begin_transaction()
        if delivery.position is not None:
            # Before the batches: fastest, and keeps clear of aiokafka issue 1004.
            await self._producer.send_offsets_to_transaction(dict([delivery.position]), self._spec.app_id)
        await asyncio.gather(*(self._send(destination, batches) for destination, batches in delivery.batches.items()))
        await self._producer.commit_transaction()

    async def stop(self) -> None:
        await self._producer.stop()

    async def _send(self, destination: TopicPartition, batches: list[Any]) -> None:
        """Send and see every batch delivered: a failed send alone does not fail the transaction."""
        topic, partition = destination
        try:
            for sent in [await self._producer.send_batch(batch, topic, partition=partition) for batch in batches]:
                await sent
        except KafkaError as error:
            raise EngineError(code_of(error), f"{topic}/{partition}: {error!r}") from error


def position_key(topic: str) -> bytes:
    """The key under which a changelog holds the position reached in a source topic."""
    return RESERVED + topic.encode()


def _changelog(changes: Mapping[bytes, bytes], position: tuple[TopicPartition, int] | None) -> Mapping[bytes, bytes]:
    """The table's changes and, under a key of ours, the position reached."""
    if RESERVED in {key[:1] for key in changes}:
        raise EngineError(ExitCode.POISON, "the stage changed a key that begins with a zero byte")
    if position is None:
        return changes
    source, offset = position
    return {**changes, position_key(source.topic): str(offset).encode()}
