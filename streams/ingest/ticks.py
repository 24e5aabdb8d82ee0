"""Conversations that went quiet. A tick gives the gap rule a record to look at; it decides nothing itself.

Each conversation gets at most three: a little over one gap after its last new turn, and again when twice and four
times the gap have passed. A tick is never sent sooner than a gap after the one before it, so at least two of the three
come when the gap has really passed, even where the publisher's clock is wrong or its records are old.
"""

from heapq import heappop, heappush
from typing import Final

from streams.ingest.conversations import HEAD, TICKS, ticks_and_due
from streams.ports import State

MARGIN: Final = 5_000
"""Milliseconds after a gap: the turn's append time is later than the time its publisher gave the record."""
MOST_AT_ONCE: Final = 2_000


def first_due(timestamp: int, gap: int) -> int:
    """When the first tick after a turn is due; all in milliseconds."""
    return timestamp + gap + MARGIN


def next_due(now: int, sent: int, gap: int) -> int:
    """When the tick after number `sent` is due, which was sent now: ticks lie 1, 2 and 4 gaps after the turn."""
    return now + gap * sent + MARGIN


class Quiet:
    """Which heads to look at when. A head is found at most once in the heap, and seldom: not at every turn.

    Derived from the table: the heap is built at the first look, `touch` names what changed since. An entry holds the
    due time the head had when it was put there: where it still has it, nothing came in between.
    """

    def __init__(self, gap: int) -> None:
        self._gap = gap
        self._heap: list[tuple[int, bytes, int]] = []
        self._waiting: set[bytes] = set()
        self._touched: set[bytes] = set()
        self._looked = False

    def touch(self, head_key: bytes) -> None:
        self._touched.add(head_key)

    def due(self, now: int, state: State) -> list[bytes]:
        """Keys of heads whose next tick is due, at most MOST_AT_ONCE; each is to be changed, and touched."""
        self._watch(now, state)
        found: list[bytes] = []
        while self._heap and self._heap[0][0] <= now and len(found) < MOST_AT_ONCE:
            _, key, due_then = heappop(self._heap)
            self._waiting.discard(key)
            ticks, due = ticks_and_due(state[key])
            if ticks >= TICKS:
                continue
            if due == due_then:
                found.append(key)
            else:
                self._push(now, key, ticks, due)
        return found

    def _watch(self, now: int, state: State) -> None:
        """Take up what was touched. The first time, that is every head with ticks to come."""
        if not self._looked:
            self._looked = True
            waiting = (key for key in state if key.startswith(HEAD) and ticks_and_due(state[key])[0] < TICKS)
            self._touched.update(waiting)
        for key in self._touched - self._waiting:
            ticks, due = ticks_and_due(state[key])
            if ticks < TICKS:
                self._push(now, key, ticks, due)
        self._touched.clear()

    def _push(self, now: int, key: bytes, ticks: int, due: int) -> None:
        """The first tick goes by the publisher's clock; where that runs ahead of ours it is late by a gap at most."""
        look_at = due if ticks else min(due, first_due(now, self._gap))
        heappush(self._heap, (look_at, key, due))
        self._waiting.add(key)
