"""Where one lane reads: its sources, their positions, and the assignment they belong to.

Chunks are pulled straight from aiokafka's fetcher. Positions, not offsets, must join from chunk to chunk: they also
pass transaction markers, aborted records and compacted holes. All that touches the consumer runs in its thread.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from streams.engine import batch_reading
from streams.engine.exits import EngineError, ExitCode, Revoked
from streams.engine.membership import ConsumerThread
from streams.engine.note import BURST_SAID, CAREFUL, Note, pack, unpack
from streams.engine.offsets import (
    Committed,
    Member,
    commit_position,
    disagreements,
    fetch_committed,
    starting_positions,
)
from streams.ports import Chunk

batch_reading.install()
LOOK_AGAIN_S = 1.0
"""Even without new records: positions may have passed markers."""
ENOUGH, LOOKS = 4_000, 2
"""So many records make a chunk that waits for no others; so often a smaller one looks for more."""
FEW = 300
"""Fewer records, after a chunk of as few, wait longer for others: their transaction costs more than they do, and broker
and sinks are so much busier with small ones that all arrive later. The end of a backlog does not: nothing follows it.
Decided when the first are there, however many join them."""
CALM = 3 * ENOUGH
"""Nothing is gathered so far beyond where a run begins whose last one died of a record: it is likely to lie within, and
the larger its chunk, the more runs die before it is found."""
AGREE_WITHIN_S = 3.0
"""A coordinator may apply the marker of a finished transaction a moment after it answered the next owner's init."""


class Limits(NamedTuple):
    """How much goes into a chunk."""

    records: int | None
    """At most; None: what a fetch brought, and what is gathered to it."""
    size: int
    """Nothing is gathered to a chunk whose values have so many bytes."""
    gather_s: float
    """How long a small one waits for more of its source."""
    few_s: float
    """How long one of few records does (`FEW`)."""


class Cursor:
    """The reading side of one lane. `open` once, then `take` again and again."""

    def __init__(
        self,
        thread: ConsumerThread,
        sources: tuple[str, ...],
        number: int,
        limits: Limits,
    ) -> None:
        self._thread = thread
        self._order = [TopicPartition(topic, number) for topic in sources]
        self._limits = limits
        self._careful = min(CAREFUL, limits.records or CAREFUL)
        self._calm_from: dict[TopicPartition, int] = {}
        self._had_few = False
        """The chunk before held few records."""
        self._failed: KafkaError | None = None
        """Met while a chunk was in hand. aiokafka 0.14.0 tells it once: asked again, it passes over the records that it
        had read before the one it could not."""
        self._assignment: Any = None
        self._member = Member(-1, "")
        self.positions: dict[TopicPartition, int] = {}
        self.notes: dict[TopicPartition, Note] = {}
        """What stands beside the committed offsets. While it suspects records, chunks hold one each."""
        self.begun: list[TopicPartition] = []
        """Where a note in Kafka still says that a run has begun a record alone: none does, when a lane opens."""

    async def open(self, recorded: Mapping[TopicPartition, int] | None, *, died: str = "") -> None:
        """Seek to the committed offsets, else to the logs' starts. `recorded`: the positions in the changelog, if any;
        `died`: the run of this process before this one, if it died of what it did.

        Raises EngineError LOST, DISAGREE or BURST, and Revoked when the assignment changed meanwhile.
        """
        await self._thread.run(self._open(recorded, died))

    async def take(self, until: float) -> Chunk | None:
        """Wait for the next chunk of any source, at most until a monotonic time; sources take turns."""
        return await self._thread.run(self._take(until))

    async def commit(self, source: TopicPartition, position: int, note: Note) -> None:
        """Commit a position through the consumer group; Revoked when we are no longer its member."""
        coordinator = self._thread.kafka_consumer._coordinator
        await self._thread.run(commit_position(coordinator, self._member, source, Committed(position, pack(note))))
        self.noted(source, note)

    def noted(self, source: TopicPartition, note: Note) -> None:
        """This is what stands in Kafka now."""
        self.notes = {**self.notes, source: note}

    async def _open(self, recorded: Mapping[TopicPartition, int] | None, died: str) -> None:
        consumer, assignment = self._thread.kafka_consumer, self._thread.current_assignment()
        coordinator, sources = consumer._coordinator, list(self._order)
        self._member = Member(coordinator.generation, coordinator.member_id)
        starts = await consumer.beginning_offsets(sources)  # in the order in which the brokers answered
        committed = await fetch_committed(coordinator, sources)
        if recorded is not None:
            committed = await self._agreed(coordinator, committed, recorded)
        positions = starting_positions(starts, {source: at.position for source, at in committed.items()})
        if assignment is None or not set(sources) <= assignment.tps or not self._thread.is_current(assignment):
            raise Revoked
        for source in sources:
            consumer.seek(source, positions[source])
        self._assignment, self.positions = assignment, {source: positions[source] for source in sources}
        found = {source: unpack(committed[source].text) if source in committed else Note() for source in sources}
        self.begun = [source for source, note in found.items() if note.run]
        self.notes = {source: _after_run(note, died) for source, note in found.items()}
        self._calm_from = {source: positions[source] + (CALM if died else 0) for source in sources}
        if died:
            self.notes = {source: note.careful(positions[source], self._careful) for source, note in self.notes.items()}

    async def _agreed(
        self, coordinator: Any, committed: dict[TopicPartition, Committed], recorded: Mapping[TopicPartition, int]
    ) -> dict[TopicPartition, Committed]:
        give_up = time.monotonic() + AGREE_WITHIN_S
        while found := disagreements(self._order, {source: at.position for source, at in committed.items()}, recorded):
            if time.monotonic() > give_up:
                raise EngineError(
                    ExitCode.DISAGREE,
                    f"{'; '.join(found)}: one transaction writes both, so somebody moved the group's offset or emptied "
                    "the changelog. Set the group's offset back to the changelog's position, or, to begin anew, remove "
                    "both the changelog and the group (every output will be written again)",
                )
            await asyncio.sleep(0.2)
            committed = await fetch_committed(coordinator, self._order)
        return committed

    async def _take(self, until: float) -> Chunk | None:
        consumer = self._thread.kafka_consumer
        if self._failed is not None:
            raise self._failed
        while True:
            chunk = await self._drain(consumer, self._order)
            if chunk is not None:
                return await self._gathered(consumer, chunk)
            patience = min(until - time.monotonic(), LOOK_AGAIN_S)
            if patience <= 0:
                return None
            waiter = consumer._fetcher._create_fetch_waiter()
            await asyncio.wait([waiter], timeout=patience)
            if waiter.done():
                waiter.result()
            else:
                waiter.cancel()

    async def _gathered(self, consumer: Any, chunk: Chunk) -> Chunk:
        """A small chunk with what comes meanwhile: every transaction costs as much as a hundred records, and what was
        fetched may have lain here for as long as the chunk before was in work."""
        source = TopicPartition(chunk.topic, chunk.partition)
        if not chunk.records:  # only markers or holes
            return chunk
        if self._limits.records or chunk.before < self._calm_from[source] or self.notes[source].suspects(chunk.before):
            return chunk
        wait_s = self._limits.few_s if self._had_few and len(chunk.records) < FEW else self._limits.gather_s
        for _ in range(LOOKS):
            if len(chunk.records) >= ENOUGH or _size(chunk) >= self._limits.size:
                break
            await asyncio.sleep(wait_s / LOOKS)  # a fetch brings what was there when it began
            try:
                more = await self._drain(consumer, [source])
            except KafkaError as error:
                self._failed = error
                break
            if more is not None:
                chunk = chunk._replace(records=[*chunk.records, *more.records], after=more.after)
        self._had_few = len(chunk.records) < FEW
        return chunk

    async def _drain(self, consumer: Any, sources: Sequence[TopicPartition]) -> Chunk | None:
        """What was fetched of the first source that has something. Nothing suspends between position and records."""
        for source in sources:
            if not self._thread.is_current(self._assignment):
                raise Revoked
            before = self._assignment.state_value(source)._position
            if before != self.positions[source]:
                raise EngineError(
                    ExitCode.GAP,
                    f"{source.topic}/{source.partition}: the consumer stands at {before}, the lane at "
                    f"{self.positions[source]}. Start again: reading goes on at the committed offset",
                )
            most = 1 if self.notes[source].suspects(before) else self._limits.records
            fetched = await consumer._fetcher.fetched_records({source}, timeout=0, max_records=most)
            after = self._assignment.state_value(source)._position
            records = fetched.get(source, ())
            if records or after != before:  # without records: only markers or holes were passed
                self.positions = {**self.positions, source: after}
                self._order.sort(key=lambda other: other == source)  # the other sources first next time
                return Chunk(source.topic, source.partition, records, before, after)
        return None


def _size(chunk: Chunk) -> int:
    """Bytes of its values."""
    return sum(len(record.value or b"") for record in chunk.records)


def _after_run(note: Note, died: str) -> Note:
    found = note.after_run(died)
    if found.own > note.own and found.is_spent and found.is_burst:
        raise EngineError(ExitCode.BURST, BURST_SAID)
    return found
