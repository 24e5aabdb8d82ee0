"""End queries whose client has gone, so that they do not use up the places of others."""

import asyncio
import itertools
import logging
import os
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from streams.local.clickhouse.engine import Engine, quote
from streams.local.clickhouse.failure import ClickHouseError

T = TypeVar("T")

log = logging.getLogger(__name__)

KILL_EVERY = 0.1


class Canceller:
    """Kills queries by the mark in their `log_comment`, again and again until each has ended.

    One attempt is not enough: it finds nothing while the query is still being prepared. The statements go through a
    thread and a handle of their own, since the queries to be killed may hold all others.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._handle = engine.new_handle()
        self._handle.open()
        self._thread = ThreadPoolExecutor(1, "cancel")
        self._doomed: set[str] = set()
        self._wake = asyncio.Event()
        self._numbers = itertools.count(1)
        self._task: asyncio.Task[None] | None = None

    def new_mark(self) -> str:
        """A mark for one handle: the first word in the `log_comment` of its queries."""
        return f"turnlog-{os.getpid()}-{next(self._numbers)}"

    async def cancel(self, mark: str, running: asyncio.Future[T]) -> None:
        """Kill the marked query, and return when `running` has ended, however it did."""
        self._doomed.add(mark)
        self._wake.set()
        if self._task is None:
            self._task = asyncio.create_task(self._kill())
        try:
            await asyncio.wait([running])
        finally:
            self._doomed.discard(mark)

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._handle.close)
        self._thread.shutdown()

    async def _kill(self) -> None:
        while True:
            await self._wake.wait()
            if not self._doomed:
                self._wake.clear()
                continue
            statement = kill_statement(self._doomed)
            try:
                await asyncio.get_running_loop().run_in_executor(self._thread, self._handle.read, statement, "Null")
            except ClickHouseError as error:
                log.warning("action=kill code=%s", error.code)
            await asyncio.sleep(KILL_EVERY)


def kill_statement(marks: Iterable[str]) -> bytes:
    named = ", ".join(map(quote, sorted(marks)))
    return f"KILL QUERY WHERE splitByChar(' ', Settings['log_comment'])[1] IN ({named}) ASYNC".encode()
