"""The lanes of a process work side by side; one that tries a suspect works while nobody else does.

Whatever goes wrong meanwhile, be it the end of the process, is then about that record.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from streams.engine.report import report

SHUT_S = 1.0
"""How long the others are kept out at first."""


class Door:
    """Who waits comes in in order, so that neither way keeps the other out for ever."""

    def __init__(self, *, shut_s: float = SHUT_S) -> None:
        self._shut_s = shut_s
        self._passing, self._asking = asyncio.Lock(), asyncio.Lock()
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
        """Wait until nobody works, and let nobody in.

        Who is inside may wait for a model for minutes. So the others are let in again, for as long as they were kept
        out at most, and are kept out longer the next time: at last for longer than anybody may stay.
        """
        async with self._asking:
            shut_s = self._shut_s
            while True:
                async with self._passing:
                    if await self._is_empty_within(shut_s):
                        yield
                        return
                report("suspect_waits", level=logging.WARNING, inside=self._inside, seconds=shut_s)
                await self._is_empty_within(shut_s)
                shut_s *= 2

    async def _is_empty_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        return not self._inside
