"""The serial pipeline of one partition number over sources of a stage; one chunk in flight.

A chunk whose stage raises is not acknowledged: its records become suspects, the process ends, and each suspect is then
handled alone. One that was there at three crashes is given up (note.py).
"""

import asyncio
import logging
import math
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager
from typing import NamedTuple

from aiokafka import TopicPartition

from streams import failpoints
from streams.counts import Counts
from streams.engine.cursor import Cursor, Limits
from streams.engine.door import Door
from streams.engine.exits import EngineError, ExitCode, Revoked, die
from streams.engine.membership import ConsumerThread
from streams.engine.note import BURST_SAID, Note
from streams.engine.report import report
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.engine.stage_code import blames_record, kind_of, stage_code
from streams.engine.transaction import Reached
from streams.ports import Chunk, Crashes, SourceRecord


class Commit(NamedTuple):
    """What `on_commit` is told after effects became durable."""

    stage: str
    partition: int
    chunk: Chunk | None
    """None after a tick."""
    position: int | None
    outputs: int
    changes: int
    seconds: float
    """How long the transaction took, or the write and the commit after it."""
    counts: Counts = {}
    """What the stage counted."""


OnCommit = Callable[[Commit], None]


class Lane(ABC):
    """Opens, then handles chunk after chunk until it is closed; any error ends the process."""

    gather_s = 0.03
    """How long a small chunk waits for more."""
    few_s = 0.1
    """How long one of few records does, after one of as few: so much less often there is a transaction where little
    comes."""

    def __init__(
        self,
        spec: StageSpec,
        settings: EngineSettings,
        thread: ConsumerThread,
        number: int,
        on_commit: OnCommit,
        door: Door,
        sources: tuple[str, ...],
    ) -> None:
        self.spec, self.settings, self.number, self.on_commit = spec, settings, number, on_commit
        most, size = spec.chunk_max or settings.chunk_max, spec.fetch_bytes or settings.fetch_bytes
        limits = Limits(most, size, self.gather_s, self.few_s)
        self.cursor = Cursor(thread, sources, number, limits)
        self.idle = False
        """Waiting for records: whether that is right only a look at the lag can tell."""
        self.deadline = math.inf
        """Monotonic time by which the step in progress must be done."""
        self.stepped = time.monotonic()
        """When it began."""
        self.oldest: int | None = None
        """Epoch ms of the first record of the chunk in work."""
        self.in_stage = False
        """The stage's own code is at work, or waits for an answer."""
        self._door, self._sources = door, list(sources)
        self._task = asyncio.create_task(self._run())

    def __str__(self) -> str:
        return f"{self.number} of {', '.join(self._sources)}"

    async def close(self) -> None:
        """Give up what is not being committed, wait for what is."""
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._release()
        positions, sources = self._positions(), self._sources
        report("lane_closed", stage=self.spec.name, partition=self.number, sources=sources, positions=positions)

    @abstractmethod
    async def _open(self) -> int:
        """Make ready -> number of keys recovered."""

    @abstractmethod
    async def _handle(self, chunk: Chunk) -> None:
        """Make a chunk's effects durable."""

    @abstractmethod
    async def _release(self) -> None:
        """Let a commit in flight finish and free what `_open` took."""

    @abstractmethod
    async def _give_up(self, record: SourceRecord, chunk: Chunk, reached: Reached, crashes: Crashes) -> None:
        """Make durable that the only record of a chunk is a dead letter."""

    @abstractmethod
    async def _write_note(self, reached: Reached) -> None:
        """Make a note durable that is no success."""

    async def _tick(self) -> float:
        """Tick if it is time -> the monotonic time of the next tick."""
        return math.inf

    async def _run(self) -> None:
        try:
            started = time.monotonic()
            async with self._turn(self._door.beside()):
                keys = await self._open()
                await self._settle()
            failpoints.reach("lane_opened")
            seconds = round(time.monotonic() - started, 2)
            report(
                "lane_opened",
                stage=self.spec.name,
                partition=self.number,
                sources=self._sources,
                positions=self._positions(),
                keys=keys,
                seconds=seconds,
            )
            while True:
                chunk = await self._take(until=await self._tick())
                if chunk is not None and chunk.records:
                    self.oldest = chunk.records[0].timestamp
                    failpoints.reach("chunk_taken")
                    await self._work(chunk)
                    self.oldest = None
        except (asyncio.CancelledError, Revoked):
            pass  # a lane that nobody closes afterwards is caught by the watchdog
        except BaseException as error:
            die(error)

    async def _work(self, chunk: Chunk) -> None:
        self._reached = Reached(TopicPartition(chunk.topic, chunk.partition), chunk.before, self._note_of(chunk))
        note = self._reached.note
        if not note.suspects(chunk.before):
            async with self._turn(self._door.beside()):
                await self._attempt(chunk)
            return
        async with self._turn(self._door.alone()):
            if self.settings.died:
                self._reached = self._reached._replace(note=note.begun(self.settings.run))
                await self._write_note(self._reached)
            if note.is_spent and not note.is_burst and self.spec.bury is not None:
                reached = self._reached._replace(position=chunk.after, note=note.after_letter(chunk.after))
                await self._give_up(chunk.records[0], chunk, reached, Crashes(note.crashes, note.error))
                self._report("given_up", at=chunk.records[0].offset, attempt=note.crashes, error=note.error)
                return
            await self._attempt(chunk._replace(alone=True))

    async def _attempt(self, chunk: Chunk) -> None:
        try:
            await self._handle(chunk)
        except EngineError as error:
            if blames_record(error) and self._reached.position <= chunk.records[-1].offset:
                await self._note_crash(error, chunk)
            raise

    async def _note_crash(self, error: EngineError, chunk: Chunk) -> None:
        """Make it count. Raises BURST where that is the end."""
        note = self._reached.note.after_crash(kind_of(error), until=chunk.records[-1].offset + 1, alone=chunk.alone)
        await self._write_note(self._reached._replace(note=note))
        self._report("suspected", at=self._reached.position, attempt=note.crashes, error=note.error)
        if note.is_spent and note.is_burst:
            raise EngineError(ExitCode.BURST, BURST_SAID) from error

    async def _settle(self) -> None:
        """Make durable what the end of an earlier run meant for a record that it had begun alone. Nobody works alone
        before: if this run ends too, it is another record's doing."""
        for source in self.cursor.begun:
            await self._write_note(Reached(source, self.cursor.positions[source], self.cursor.notes[source]))

    def _report(self, action: str, *, at: int, attempt: int, error: str) -> None:
        source = self._reached.source
        report(
            action,
            level=logging.WARNING,
            stage=self.spec.name,
            topic=source.topic,
            partition=source.partition,
            positions=[at],
            attempt=attempt,
            error=error,
        )

    def _note_of(self, chunk: Chunk) -> Note:
        return self.cursor.notes[TopicPartition(chunk.topic, chunk.partition)]

    def _reached_at(self, chunk: Chunk, position: int) -> Reached:
        """What to commit when effects of a chunk go up to this position."""
        note = self._note_of(chunk)
        note = note.after_success(position) if position == chunk.after else note
        return self._reached._replace(position=position, note=note)

    def _noted(self, reached: Reached) -> None:
        """This is durable now."""
        self._reached = reached
        self.cursor.noted(reached.source, reached.note)

    @asynccontextmanager
    async def _turn(self, way: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
        """Wait for our turn, which may take as long as the steps of others."""
        self.deadline = math.inf
        async with way:
            self.step()
            yield

    @contextmanager
    def _stage_code(self) -> Iterator[None]:
        self.in_stage = True
        try:
            with stage_code():
                yield
        finally:
            self.in_stage = False

    async def _take(self, *, until: float) -> Chunk | None:
        self.deadline, self.idle = math.inf, True
        chunk = await self.cursor.take(until)
        self.step()  # first: whoever sees us at work must see since when
        self.idle = False
        return chunk

    def step(self, limit_s: float | None = None) -> None:
        """Say that there was progress, and how long the next step may take."""
        self.stepped = time.monotonic()
        self.deadline = self.stepped + (limit_s or self.settings.watch_s)

    def patiently(self) -> None:
        """The next step waits for the stage's own outside world."""
        self.step(self.spec.patience_s)

    def is_in_stage(self, task: asyncio.Task[object]) -> bool:
        """Whether this task is the lane's own, and at work in the stage's code."""
        return task is self._task and self.in_stage

    @property
    def keys(self) -> int:
        """How many keys its table has."""
        return 0

    def _positions(self) -> list[int]:
        return list(self.cursor.positions.values())
