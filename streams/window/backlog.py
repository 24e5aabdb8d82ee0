"""Kafka, asked by a generation that replays: where the log ends, and what extract has still to answer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from schemas.log import SubmissionAccepted
from schemas.topics import BACKFILL, app_id
from streams.adapters.kafka import KafkaAdmin, Place, open_kafka
from streams.settings import Settings
from streams.window.changeover import Backlog, OpenBacklog


class KafkaBacklog:
    """One partition of the log and of the backfill topic, over an open connection."""

    def __init__(self, kafka: KafkaAdmin, partition: int) -> None:
        self._kafka = kafka
        self._log = Place(SubmissionAccepted.topic, partition)
        self._backfill = Place(BACKFILL, partition)

    async def log_end(self) -> int:
        return (await self._kafka.ends([self._log]))[self._log]

    async def backfill_end(self) -> int:
        """A commit is acknowledged before its markers are written: what is not readable yet counts."""
        return (await self._kafka.written_ends([self._backfill]))[self._backfill]

    async def unanswered(self, end: int) -> int:
        """In positions. Results are committed together with the position of what they answer."""
        group = app_id("extract", 0)
        position = (await self._kafka.committed(group)).get(self._backfill)
        if position is None:
            position = (await self._kafka.starts([self._backfill]))[self._backfill]
        if position >= end or not await self._kafka.hold_records({self._backfill: (position, end)}):
            return 0
        return end - position


def backlog_of(settings: Settings) -> Callable[[int], OpenBacklog]:
    """By partition, how to ask the Kafka of the settings. Each question comes from a connection of its own."""

    def of_partition(partition: int) -> OpenBacklog:
        @asynccontextmanager
        async def opened() -> AsyncIterator[Backlog]:
            async with open_kafka(settings) as kafka:
                yield KafkaBacklog(kafka, partition)

        return opened

    return of_partition
