"""The engine as asynchronous code sees it: statements in threads, places to run in, handles with their settings."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple, TypeVar

from streams.local.clickhouse.call import Call
from streams.local.clickhouse.cancel import Canceller
from streams.local.clickhouse.engine import Engine, Handle
from streams.local.clickhouse.rights import Limits
from streams.local.clickhouse.session import Session, Sessions
from streams.local.clickhouse.slots import Slots
from streams.local.clickhouse.sql import Statement

T = TypeVar("T")

MOST_IDLE = 16
"""Handles kept open for the next request that asks for the same settings."""


class Places(NamedTuple):
    """How much runs at once. Writers have places of their own: readers cannot keep rows from being stored."""

    readers: int = 8
    writers: int = 4
    patience: float = 10.0
    """Seconds that a query waits for a place."""


class Prepared(NamedTuple):
    """A handle, the database and the settings that it is given when it is opened, and the mark its queries carry."""

    settings: Mapping[str, str]
    database: str | None
    handle: Handle
    mark: str


class Database:
    """An open database folder. Made and closed inside one event loop."""

    def __init__(self, folder: Path, *, places: Places, limits: Limits) -> None:
        self.engine = Engine(folder)
        self.limits = limits
        self.reading = Slots("readers", places.readers, patience=places.patience)
        self.writing = Slots("writers", places.writers, patience=places.patience)
        self._threads = ThreadPoolExecutor(places.readers + places.writers, "query")
        self._canceller = Canceller(self.engine)
        self._sessions = Sessions(self.engine)
        self._idle: list[Prepared] = []

    async def run(self, function: Callable[[], T], *, mark: str = "") -> T:
        """Run a blocking call of the engine in a thread.

        When we are cancelled, the marked query is killed; either way this returns only once the call has ended,
        since a handle must not be closed under a running statement.
        """
        running = asyncio.get_running_loop().run_in_executor(self._threads, function)
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await (self._canceller.cancel(mark, running) if mark else asyncio.wait([running]))
            if not running.cancelled():
                running.exception()  # it is nobody's any more
            raise

    @asynccontextmanager
    async def handle(
        self, call: Call, statement: Statement, settings: Mapping[str, str], *, keeps: bool
    ) -> AsyncIterator[tuple[Handle, str]]:
        """A handle with the settings and the database of this request, and the mark its queries carry.

        `keeps`: the statement leaves nothing behind on it, so that the next request may have it, if all goes well.
        """
        session = self._sessions.find(call, statement)
        if session is not None:
            mark = self._canceller.new_mark()
            async with session.lock, self._borrowed(session, call, statement, marked(settings, mark)) as handle:
                yield handle, mark
            return
        idle = self._take_idle(call.database, settings) if keeps else None
        mine = idle or Prepared(settings, call.database, self.engine.new_handle(), self._canceller.new_mark())
        try:
            if idle is None:
                await self.run(lambda: prepare(mine))
            yield mine.handle, mine.mark
        except BaseException:
            await self.run(mine.handle.close)
            raise
        if keeps:
            self._idle.append(mine)
            over = [self._idle.pop(0)] if len(self._idle) > MOST_IDLE else []
        else:  # it may have dropped the database of an idle one
            over, self._idle = [mine, *self._idle], []
        for prepared in over:
            await self.run(prepared.handle.close)

    async def close(self) -> None:
        """Kill what still runs, and close the folder."""
        self._threads.shutdown(wait=True, cancel_futures=True)
        await self._canceller.close()
        self._sessions.close()
        for prepared in self._idle:
            prepared.handle.close()
        self.engine.close()

    def _take_idle(self, database: str | None, settings: Mapping[str, str]) -> Prepared | None:
        """The one that was used last, for settings change from client to client."""
        for at in reversed(range(len(self._idle))):
            if self._idle[at].database == database and self._idle[at].settings == settings:
                return self._idle.pop(at)
        return None

    @asynccontextmanager
    async def _borrowed(
        self, session: Session, call: Call, statement: Statement, settings: Mapping[str, str]
    ) -> AsyncIterator[Handle]:
        before = await self.run(lambda: session.remember(frozenset(settings)))
        try:
            await self.run(lambda: apply(session.handle, call.database, settings))
            yield session.handle
        finally:
            await self.run(lambda: session.restore(before, keep_database=statement.verb == "use"))


def marked(settings: Mapping[str, str], mark: str) -> dict[str, str]:
    """With the mark before what the client wants in the log."""
    return {**settings, "log_comment": f"{mark} {settings.get('log_comment', '')}".strip()}


def prepare(prepared: Prepared) -> None:
    """Blocks."""
    prepared.handle.open()
    apply(prepared.handle, prepared.database, marked(prepared.settings, prepared.mark))


def apply(handle: Handle, database: str | None, settings: Mapping[str, str]) -> None:
    """Blocks. The database first: `readonly` among the settings would forbid it afterwards."""
    if database and database != "default":
        handle.use(database)
    handle.set(settings)
