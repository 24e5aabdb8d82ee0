"""What a scope's extractions may cost on a UTC day, and what they have cost.

b"u" scope(16)     -> the day (days since 1970, 4 bytes) and what was spent on it (millionths of a US dollar, 8 bytes)
"""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from struct import Struct

from streams.extract.deferral import DAY_MS, Deferral
from streams.overlay import Overlay, Readable

_SPENT = Struct(">IQ")
_MOST = 2**63 - 1


class Short(Exception):
    """The scope cannot pay for a call now, and no call in flight will change that."""

    def __init__(self, deferral: Deferral) -> None:
        super().__init__(deferral.reason)
        self.deferral = deferral


def spent(table: Readable, scope: bytes, day: int) -> int:
    """What the scope has spent on this day."""
    value = table.get(b"u" + scope)
    then, micros = _SPENT.unpack(value) if value else (day, 0)
    return micros if then == day else 0


def pay(table: Overlay, scope: bytes, day: int, micros: int) -> None:
    """Write down what an answer, or a try in vain, has cost."""
    if micros:
        table.put(b"u" + scope, _SPENT.pack(day, min(spent(table, scope, day) + micros, _MOST)))


class Purse:
    """What each scope still has while calls are in flight, each of which may cost as much as was estimated."""

    def __init__(self, limit: int | None, table: Readable, now: Callable[[], int]) -> None:
        """`limit`: millionths of a US dollar per scope and day; None: as much as it takes."""
        self.limit = limit
        self._table, self._now = table, now
        self._spent: dict[tuple[bytes, int], int] = {}
        self._reserved: dict[bytes, int] = {}
        self._changed = asyncio.Condition()

    def available(self, scope: bytes) -> int:
        """What is neither spent nor reserved."""
        return (self.limit or 0) - self._spent_today(scope) - self._reserved.get(scope, 0)

    @asynccontextmanager
    async def reserved(self, scope: bytes, required: int) -> AsyncGenerator[Callable[[int], bool], None]:
        """Hold so much while a call is made. Waits for calls of the scope that may turn out cheaper; raises Short.

        What it gives holds more, where there is more, for a question that follows from the first.
        """
        if self.limit is None or not required:
            yield lambda micros: True
            return
        held = required
        async with self._changed:
            while (available := self.available(scope)) < required:
                if not self._reserved.get(scope):
                    left, lacks = max(available, 0), required - available
                    raise Short(Deferral("budget", required=required, available=left, shortfall=lacks))
                await self._changed.wait()
            self._reserved[scope] = self._reserved.get(scope, 0) + required

        def hold(micros: int) -> bool:
            nonlocal held
            if self.available(scope) < micros:
                return False
            held += micros
            self._reserved[scope] += micros
            return True

        try:
            yield hold
        finally:
            self._reserved[scope] -= held
            async with self._changed:
                self._changed.notify_all()

    def pay(self, scope: bytes, micros: int) -> None:
        """So much of it is gone. The table is told with the answer."""
        if self.limit is not None and micros:
            day = self._now() // DAY_MS
            self._spent[scope, day] = self._spent_today(scope) + micros

    def _spent_today(self, scope: bytes) -> int:
        day = self._now() // DAY_MS
        return self._spent.get((scope, day)) or spent(self._table, scope, day)
