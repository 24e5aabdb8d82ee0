"""The stages `sink` and `sink-facts`: a chunk's records become rows, and a lane goes on once they are durable."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import NamedTuple, Protocol

from streams import failpoints
from streams.adapters.clickhouse import Backoff, open_database, patiently
from streams.counts import Counts, Name
from streams.ports import Chunk, Writer
from streams.settings import Settings
from streams.sink.batch import Batch, Limits
from streams.sink.rows import rows_of_chunk
from streams.sink.tables import Row, Table

JOIN_S = 0.1
"""So long a lane takes to commit its position and to come again with all that was written meanwhile."""
LOOK_BACK = 2
"""A lane that brought nothing for so many batches, because it is silent or gone, is not waited for."""


class Inserting(Protocol):
    """Where rows go: they are durable when it returns."""

    def insert(self, table: str, columns: Sequence[str], data: Sequence[Sequence[object]]) -> None: ...


class Filling(NamedTuple):
    """A batch that lanes wait for."""

    batch: Batch
    due: asyncio.Event
    done: asyncio.Future[None]


class Inserts:
    """Collects the chunks of all lanes and inserts them together; while one batch is inserted the next one fills.

    However large that one grows: no lane ever waits for more than one batch before its own.

    A lane that goes away (cancelled at revocation) leaves its rows in the batch: they are inserted, its position is
    not committed, and the same rows come again.
    """

    def __init__(self, database: Inserting, data: str, limits: Limits, backoff: Backoff) -> None:
        """`data`: the database that holds the tables."""
        self._database, self._data, self._limits, self._backoff = database, data, limits, backoff
        self._open: Filling | None = None
        self._one_at_a_time = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self._counts: Counter[tuple[Name, str]] = Counter()
        self._last: deque[set[object]] = deque(maxlen=LOOK_BACK)
        """Who brought something to the last batches."""

    async def insert(self, lane: object, rows: Sequence[tuple[Table, Row]], *, at_once: bool = False) -> None:
        """Returns when the rows of this lane's chunk are durable; `at_once`: there will be no others to wait for.

        Raises TransientError when patience is over, or Refused.
        """
        if not rows:
            return
        if self._open is None:
            self._open = self._begin()
        mine = self._open
        mine.batch.add(lane, rows)
        if at_once or mine.batch.is_full(set().union(*self._last)):
            mine.due.set()
        await asyncio.shield(mine.done)

    def _begin(self) -> Filling:
        filling = Filling(Batch(self._limits), asyncio.Event(), asyncio.get_running_loop().create_future())
        task = asyncio.create_task(self._write(filling))
        self._tasks.add(task)  # the loop itself keeps no task alive
        task.add_done_callback(self._tasks.discard)
        return filling

    async def _write(self, mine: Filling) -> None:
        await _wait_for(mine.due, self._limits.wait_s)
        is_next = self._one_at_a_time.locked()
        async with self._one_at_a_time:
            if is_next:  # lanes that waited for the batch before are about to bring more
                await _wait_for(mine.due, min(JOIN_S, self._limits.wait_s))
            self._open = None
            self._last.append(mine.batch.lanes)
            try:
                failpoints.reach("rows_made")
                for table, columns in mine.batch.inserts():
                    started = monotonic()
                    await patiently(partial(self._insert, table, columns), self._backoff, on_retry=self._note_retry)
                    failpoints.reach("table_inserted")
                    self._counts["rows", table.name] += len(columns[0])
                    self._counts["insert_seconds", f"{monotonic() - started:.3f}"] += 1
            except Exception as error:  # whatever it is, it belongs to the lanes that wait
                mine.done.set_exception(error)
            else:
                mine.done.set_result(None)

    def _note_retry(self) -> None:
        self._counts["retries", ""] += 1

    def take_counts(self) -> Counts:
        """What was counted since it was asked for last, by whichever lane asks first."""
        taken, self._counts = self._counts, Counter()
        return taken

    def _insert(self, table: Table, columns: Sequence[Sequence[object]]) -> None:
        self._database.insert(f"{self._data}.{table.name}", table.columns, columns)


class LaneWriter:
    """One lane's end of the inserts."""

    def __init__(self, inserts: Inserts) -> None:
        self._inserts = inserts

    async def write(self, chunk: Chunk) -> Counts:
        await self._inserts.insert(self, list(rows_of_chunk(chunk)), at_once=chunk.alone)
        return self._inserts.take_counts()


def build_writer(settings: Settings) -> Callable[[int], Writer]:
    """A writer per lane; all lanes of the process share one connection and its batches."""
    inserts = Inserts(
        open_database(settings),
        f"{settings.clickhouse_database}_data",
        Limits(settings.sink_rows, settings.sink_wait_s),
        Backoff(deadline=settings.database_patience_s),
    )
    return lambda partition: LaneWriter(inserts)


async def _wait_for(event: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await event.wait()
