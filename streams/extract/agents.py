"""The stage: a chunk of closed windows in; journal entries, results and the position out. Ticks resume the parked."""

import time
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing
from functools import partial
from hashlib import blake2b

from schemas.extraction import GenerationDropped, WindowClosed
from streams import codec
from streams.extract import dropped, prompts_known
from streams.extract.budget import Purse
from streams.extract.calls import Terms
from streams.extract.deferral import FIRST_S, due_at
from streams.extract.due import Due, due
from streams.extract.extraction import extraction_of
from streams.extract.extractors import ByName, extractors
from streams.extract.given_up import given_up
from streams.extract.outages import Outages
from streams.extract.parked import Head, Parked, Waiting, line_of, scope_of
from streams.extract.round import Place, Round
from streams.ids import Ids
from streams.overlay import Overlay, Readable
from streams.ports import Chunk, Crashes, Effects, Processor, SourceRecord, State
from streams.settings import Settings

PARKED_PER_CALL = 4
"""So many parked windows a tick takes for each call that may be in flight; then records have their turn."""


def epoch_ms() -> int:
    return time.time_ns() // 1_000_000


def build(settings: Settings, *, first_s: float = FIRST_S) -> Callable[[int, State], Processor]:
    """The stage as the engine builds it for every assignment; lanes share extractors and what is known of outages."""
    by_name, ids, outages = extractors(settings), Ids(settings.hash_key), Outages(first_s=first_s)
    budget = settings.scope_budget_micros or None
    mark, kept = mark_of(settings), settings.keep_dead_letter_bytes
    return lambda partition, state: Extract(
        by_name, ids, state, calls=settings.calls, budget=budget, outages=outages, mark=mark, kept=kept
    )


def mark_of(settings: Settings) -> str:
    """Names the settings that decide whether a model answers. A key cannot be told from it."""
    said = [settings.openai_base_url, settings.openai_api_key, settings.call_timeout_s, settings.model_options]
    key = settings.hash_key.encode()[:64]
    return blake2b(repr([*said, settings.max_output_tokens]).encode(), key=key, digest_size=4).hexdigest()


class Extract:
    """One lane's part of the stage. Its truth is the table: journal, prompts, parked windows, what was spent."""

    tick_every = 1.0

    def __init__(
        self,
        by_name: ByName,
        ids: Ids,
        state: State,
        *,
        calls: int,
        budget: int | None = None,
        outages: Outages | None = None,
        mark: str = "",
        kept: bool = True,
        now: Callable[[], int] = epoch_ms,
    ) -> None:
        """`budget`: of a scope and UTC day, in millionths of a US dollar; `mark`: of the settings; `kept`: whether
        dead letters hold the original bytes."""
        self._by_name, self._ids, self._calls, self._budget, self._now = by_name, ids, calls, budget, now
        self._outages, self._mark, self._kept = outages or Outages(), mark, kept
        self._due_at = partial(due_at, first_s=self._outages.first_s)
        self._parked = Parked(state)
        self._take_up()

    async def process(self, chunk: Chunk, state: State) -> AsyncGenerator[Effects, None]:
        """One transaction where all answers are at hand; else one whenever answers arrive, journaled with it.

        Results leave in the order of the extractions of their scope and generation; the position follows the first
        that waits for an answer. Those that are parked wait in the table; those of dropped generations are passed over.
        """
        learnt = Overlay(state)
        arrived = [(record.offset, self._arrived(record, learnt)) for record in chunk.records]
        offsets = [offset for offset, place in arrived if place is not None]
        places = [place for _, place in arrived if place is not None]
        reached = False
        async with aclosing(self._round(places, state, self._terms(state)).steps(learnt.changes)) as steps:
            async for outputs, changes, first, counts in steps:
                if first is None and (outputs or changes or not reached):
                    reached = True
                    yield Effects(outputs, changes, chunk.after, counts)
                elif outputs or changes:
                    yield Effects(outputs, changes, offsets[first] if first else None, counts)

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        """Its jobs end by a result, as they would if no extractor had an answer."""
        return given_up(record, crashes, ids=self._ids, kept=self._kept)

    def tick(self, now: int, state: State) -> Effects | AsyncIterator[Effects]:
        """Go on with parked windows whose time has come, after those that wait for nothing any more."""
        if changes := dropped.let_go(self._parked, state):
            return Effects(changes=changes)
        most = PARKED_PER_CALL * self._calls
        taken = due(self._parked.heads, self._outages, now, most, most_alone=self._calls)
        return self._go_on(taken, state) if taken else Effects()

    async def _go_on(self, taken: Due, state: State) -> AsyncGenerator[Effects, None]:
        trying = [
            self._parked_place(line, state, waits) for line in taken.tries for waits in self._waiting(line, state)
        ]
        places = [
            self._parked_place(line, state, waits)
            for line, most in taken.lines.items()
            for waits in self._waiting(line, state, most)
        ]
        heads = [(place.extraction.key, self._parked.heads[place.line]) for place in self._first(trying, places)]
        terms = self._terms(state)._replace(
            trying=frozenset(place.extraction.key for place in trying),
            tried=frozenset(key for key, head in heads if head.tries),
            alone=frozenset(key for key, head in heads if head.alone),
        )
        async with aclosing(self._round([*trying, *places], state, terms).steps({})) as steps:
            async for outputs, changes, _, counts in steps:
                if outputs or changes:
                    yield Effects(outputs, changes, counts=counts)

    def _first(self, *places: list[Place]) -> list[Place]:
        """Those that are the first of their lines: of them something is known."""
        return [place for some in places for place in some if place.number == self._parked.heads[place.line].first]

    def _waiting(self, line: bytes, state: State, most: int = 1) -> list[Waiting]:
        return list(self._parked.waiting(state, line, most))

    def _terms(self, state: State) -> Terms:
        return Terms(self._calls, Purse(self._budget, state, self._now), self._outages, self._now)

    def _round(self, places: list[Place], state: State, terms: Terms) -> Round:
        return Round(places, state, self._parked, terms, self._due_at, self._mark)

    def _arrived(self, record: SourceRecord, table: Overlay) -> Place | None:
        value = record.value or b""
        window = codec.decode(value)
        if isinstance(window, GenerationDropped):
            dropped.learn(table, window)
            return None
        window = codec.as_kind(WindowClosed, window)
        if dropped.is_dropped(table, window.generation):
            return None
        prompts_known.learn(table, window.asked)
        extraction = extraction_of(window, record.headers, self._by_name, self._ids, table)
        return Place(extraction, line_of(extraction.key.scope, window.generation), value)

    def _parked_place(self, line: bytes, table: Readable, waits: Waiting) -> Place:
        window = codec.decode_as(WindowClosed, waits.value)
        extraction = extraction_of(window, waits.headers, self._by_name, self._ids, table)
        return Place(extraction, line, waits.value, waits.number)

    def _take_up(self) -> None:
        """What the parked say of extractors that are away. With other settings nothing of it counts any more."""
        tries = defaultdict[str, list[tuple[bytes, int, int]]](list)
        for line, head in self._parked.heads.items():
            if head.mark != self._mark:
                self._parked.heads[line] = Head(head.first, head.after)
            elif not head.away:
                self._parked.heads[line] = head._replace(due=0)
            elif head.tries and not head.alone:
                tries[head.away].append((scope_of(line), head.tries, head.due))
        for away, known in tries.items():
            self._outages.remember(away, known)
