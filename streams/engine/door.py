"""The lanes of a process work side by side; one that tries a suspect works while nobody else does.

Whatever goes wrong meanwhile, be it the end of the process, is then about that record.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Door:
    """Who waits comes in in order, so that neither way keeps the other out for ever."""

    def __init__(self) -> None:
        self._passing = asyncio.Lock()
        self._inside = 0
        self._empty = asyncio.Event()
        self._empty.set()

    @asynccontextmanager
    async def beside(self) -> AsyncIterator[None]:
        """Work beside others."""
        async with self._passing:
            self._inside += 1
            self._empty.clear()
        try:
            yield
        finally:
            self._inside -= 1
            if not self._inside:
                self._empty.set()

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[None]:
        """Wait until nobody works, and let nobody in."""
        async with self._passing:
            await self._empty.wait()
            yield
