"""The serial pipeline of one partition number over all sources of a stage; one chunk in flight."""

import asyncio
import math
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

from streams.counts import Counts
from streams.engine.cursor import Cursor
from streams.engine.exits import EngineError, ExitCode, Revoked, die
from streams.engine.membership import ConsumerThread
from streams.engine.report import report
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.errors import ConfigurationError
from streams.ports import Chunk


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

    def __init__(
        self, spec: StageSpec, settings: EngineSettings, thread: ConsumerThread, number: int, on_commit: OnCommit
    ) -> None:
        self.spec, self.settings, self.number, self.on_commit = spec, settings, number, on_commit
        self.cursor = Cursor(thread, spec.sources, number, spec.chunk_max or settings.chunk_max)
        self.idle = False
        """Waiting for records: whether that is right only a look at the lag can tell."""
        self.deadline = math.inf
        """Monotonic time by which the step in progress must be done."""
        self.stepped = time.monotonic()
        """When it began."""
        self.oldest: int | None = None
        """Epoch ms of the first record of the chunk in work."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Give up what is not being committed, wait for what is."""
        self._task.cancel()
        await asyncio.wait([self._task])
        await self._release()
        report("lane_closed", stage=self.spec.name, partition=self.number, positions=self._positions())

    @abstractmethod
    async def _open(self) -> int:
        """Make ready -> number of keys recovered."""

    @abstractmethod
    async def _handle(self, chunk: Chunk) -> None:
        """Make a chunk's effects durable."""

    @abstractmethod
    async def _release(self) -> None:
        """Let a commit in flight finish and free what `_open` took."""

    async def _tick(self) -> float:
        """Tick if it is time -> the monotonic time of the next tick."""
        return math.inf

    async def _run(self) -> None:
        try:
            started = time.monotonic()
            self.step()
            keys = await self._open()
            seconds = round(time.monotonic() - started, 2)
            report(
                "lane_opened",
                stage=self.spec.name,
                partition=self.number,
                positions=self._positions(),
                keys=keys,
                seconds=seconds,
            )
            while True:
                chunk = await self._take(until=await self._tick())
                if chunk is not None and chunk.records:
                    self.oldest = chunk.records[0].timestamp
                    await self._handle(chunk)
                    self.oldest = None
        except (asyncio.CancelledError, Revoked):
            pass  # a lane that nobody closes afterwards is caught by the watchdog
        except BaseException as error:
            die(error)

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

    @property
    def keys(self) -> int:
        """How many keys its table has."""
        return 0

    def _positions(self) -> list[int]:
        return list(self.cursor.positions.values())


@contextmanager
def stage_code() -> Iterator[None]:
    """Around calls into a stage: whatever it raises is POISON, and its chunk stays unacknowledged.

    But for settings that do not fit its table: FOREIGN.
    """
    try:
        yield
    except EngineError:
        raise
    except ConfigurationError as error:
        raise EngineError(ExitCode.FOREIGN, str(error)) from error
    except Exception as error:
        raise EngineError(ExitCode.POISON, f"the stage raised {type(error).__name__}") from error
