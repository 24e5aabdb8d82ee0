"""How many queries run at once: readers and writers have their own places, and waiting for one has an end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from streams.local.clickhouse.failure import TOO_MANY_SIMULTANEOUS_QUERIES, ClickHouseError


class Slots:
    """A number of places. Whoever finds all taken waits a while, then is told that there are too many queries."""

    def __init__(self, kind: str, count: int, *, patience: float) -> None:
        self._kind, self._count, self._patience = kind, count, patience
        self._free = asyncio.Semaphore(count)

    @asynccontextmanager
    async def take(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._patience):
                await self._free.acquire()
        except TimeoutError:
            raise ClickHouseError(
                TOO_MANY_SIMULTANEOUS_QUERIES,
                f"Too many simultaneous queries: all {self._count} places for {self._kind} were taken "
                f"for {self._patience:g} s. Try again later",
            ) from None
        try:
            yield
        finally:
            self._free.release()
