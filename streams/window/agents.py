"""The window stage: `conversations` in, `extractions` and this generation's `jobs` out.

A generation that replays the log writes its windows to `extractions-backfill` until it has caught up (changeover.py).
"""

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing

from schemas.extraction import Asked
from schemas.topics import BACKFILL
from streams.ids import Ids
from streams.ports import Chunk, Crashes, Effects, Processor, SourceRecord, State
from streams.settings import Settings
from streams.window.asking import Asking
from streams.window.backlog import backlog_of
from streams.window.changeover import CHANGED_OVER, LIVE, Changeover, OpenBacklog
from streams.window.cut import Limits, limits_of
from streams.window.follow import Follower
from streams.window.given_up import given_up
from streams.window.pinned import PINNED, check, pin_of
from streams.window.state import Conversations


class Windows:
    """A `Processor`: a pure function of a chunk and the table, nothing is kept between chunks."""

    def __init__(
        self, limits: Limits, ids: Ids, generation: int, asked: Asked, pin: bytes, *, kept: bool = True
    ) -> None:
        """`kept`: whether dead letters hold the original bytes."""
        self._limits = limits
        self._ids = ids
        self._generation = generation
        self._asked = asked
        self._pin = pin
        self._kept = kept

    def process(self, chunk: Chunk, state: State) -> Effects:
        """Follow the log. Raises for a record that ingest cannot have written: nothing of the chunk counts then."""
        return self.follow(chunk, state, LIVE)

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        """The job of the record ends; its conversation stays as it was."""
        return given_up(record, crashes, generation=self._generation, kept=self._kept)

    def follow(self, chunk: Chunk, state: State, topic: str) -> Effects:
        """`process`, with closed windows going to this topic."""
        conversations, asking = Conversations(state), Asking(self._asked, topic, state)
        follower = Follower(self._limits, self._ids, self._generation, conversations, asking)
        for record in chunk.records:
            follower.follow(record)
        changes = conversations.changes() | asking.changes
        if state.get(PINNED) != self._pin:
            changes[PINNED] = self._pin
        return Effects(follower.outputs, changes, chunk.after, follower.counts)


class ReplayingWindows:
    """The same for a generation that replays, with a changeover on its way. It may be repeated or put off at will."""

    def __init__(self, windows: Windows, changeover: Changeover) -> None:
        self._windows = windows
        self._changeover = changeover

    def process(self, chunk: Chunk, state: State) -> Effects | AsyncIterator[Effects]:
        if CHANGED_OVER in state:
            return self._windows.process(chunk, state)
        return self._replay(chunk, state)

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        return self._windows.give_up(record, state, crashes)

    async def _replay(self, chunk: Chunk, state: State) -> AsyncGenerator[Effects, None]:
        if chunk.alone or not await self._changeover.has_caught_up(chunk.before):  # nobody else is to wait so long
            yield self._windows.follow(chunk, state, BACKFILL)
            return
        async with aclosing(self._changeover.until_answered()) as looks:
            async for _ in looks:
                yield Effects()  # nothing to make durable: a sign of life for the watchdog
        effects = self._windows.process(chunk, state)
        yield effects._replace(changes={**effects.changes, CHANGED_OVER: b"1"})


def build(settings: Settings, asked: Asked | None = None) -> Callable[[int, State], Windows]:
    """How a lane of the first generation gets its processor. `asked`: who is to extract its windows.

    It raises ConfigurationError where its table was begun with other settings (pinned.py).
    """
    limits, ids, asked = limits_of(settings.window), Ids(settings.hash_key), asked or Asked()
    pin = pin_of(settings.window, asked)

    def windows(partition: int, state: State) -> Windows:
        check(state, pin, generation=settings.generation)
        return Windows(limits, ids, settings.generation, asked, pin, kept=settings.keep_dead_letter_bytes)

    return windows


def build_replaying(
    settings: Settings, asked: Asked | None = None, backlog: Callable[[int], OpenBacklog] | None = None
) -> Callable[[int, State], Processor]:
    """How a lane of a later generation gets its processor. `backlog`: whom its partition asks, by default Kafka."""
    windows, backlog = build(settings, asked), backlog or backlog_of(settings)
    return lambda partition, state: ReplayingWindows(
        windows(partition, state), Changeover(partition, backlog(partition))
    )
