"""When a generation that replays changes over from the backfill topic to the live one: once per partition.

It has to have caught up with the conversation log, and everything it wrote to the backfill topic must be answered:
otherwise a scope's later windows could be answered before its earlier ones.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from schemas.extraction import WindowClosed
from schemas.topics import BACKFILL
from streams.errors import TransientError

log = logging.getLogger(__name__)

LIVE = WindowClosed.topic
CHANGED_OVER = b"c"
"""The key of the table that tells it, written with the first chunk whose windows go to the live topic."""
NEAR = 1_000
"""Positions behind the log's end that still count as caught up: under traffic the end is never reached."""
LOOK_EVERY_S = 1.0
TELL_EVERY = 30
"""Looks between two lines in the log."""


class Backlog(Protocol):
    """What Kafka says about the lane's partition. Every question may raise TransientError."""

    async def log_end(self) -> int:
        """Where the conversation log ends now."""

    async def backfill_end(self) -> int:
        """Where the backfill topic ends now, with what is written and not yet readable."""

    async def unanswered(self, end: int) -> int:
        """How far extract is from this position of the backfill topic; 0 once it has answered all below."""


OpenBacklog = Callable[[], AbstractAsyncContextManager[Backlog]]


class Changeover:
    """A lane's way to its changeover. What it knows it may forget: it would only be found out again."""

    def __init__(self, partition: int, open_backlog: OpenBacklog, *, look_every_s: float = LOOK_EVERY_S) -> None:
        self._partition = partition
        self._open = open_backlog
        self._look_every_s = look_every_s
        self._end: int | None = None

    async def has_caught_up(self, position: int) -> bool:
        """Whether the log was read to the end it had when this lane began, and what came since is little.

        Where Kafka does not answer it has not: one more chunk for the backfill topic does no harm.
        """
        if self._end is not None and position < self._end:
            return False
        began, self._end = self._end is None, await self._ask_for_the_end()
        if self._end is None:
            return False
        return position >= self._end or (not began and self._end - position <= NEAR)

    async def until_answered(self) -> AsyncGenerator[None, None]:
        """Ends once extract has answered all that was written to the backfill topic by now, however long it takes.

        Gives something after every look, so that whoever waits can be seen to wait.
        """
        end: int | None = None
        looks = 0
        while True:
            try:
                async with self._open() as backlog:
                    if end is None:
                        end = await backlog.backfill_end()
                    while (far := await backlog.unanswered(end)) > 0:
                        self._tell(looks, f"unanswered={far}")
                        looks += 1
                        yield
                        await asyncio.sleep(self._look_every_s)
                log.info("action=changed_over partition=%d", self._partition)
                return
            except TransientError as error:
                self._tell(looks, f"error={error}")
                looks += 1
                yield
                await asyncio.sleep(self._look_every_s)

    async def _ask_for_the_end(self) -> int | None:
        try:
            async with self._open() as backlog:
                return await backlog.log_end()
        except TransientError as error:
            log.warning("action=log_end_unknown partition=%d error=%s", self._partition, error)
            return None

    def _tell(self, looks: int, what: str) -> None:
        if looks % TELL_EVERY == 0:
            log.info("action=changeover_waits partition=%d topic=%s why=%s", self._partition, BACKFILL, what)
