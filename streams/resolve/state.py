"""The stage's table: keys of one letter and fixed-size hashes, compact values. Nothing is ever forgotten here.

x scope window      how the window ended, and the extraction keys that counted
w scope window      why it is deferred; empty once it has ended
f scope fact        a fact's numbers, earliest evidence and jobs: rewritten whenever it is said again
b scope fact        its wording: written once
t scope fact n      turns that say it and are not in its evidence, packed; a full segment is never written again
s scope slot n      assertions about a slot, packed in the same way
e scope entity      the first spelling of a name
a scope alias       whose name else these words are: type and name, or that they are nobody's
j scope job         a job's sums (of one attempt)
d scope job n       candidates of a dry run's n-th window with any; emptied when the job ends
"""

from collections.abc import Iterator
from struct import Struct

import orjson

from streams import codec
from streams.overlay import Overlay
from streams.resolve.counts import Tally
from streams.resolve.facts import Fact, Said, Wording
from streams.resolve.jobs import Cost, Outcome, Progress, Wait
from streams.resolve.timeline import Assertion

SEGMENT_BYTES = 4_096
_ASSERTION = Struct(">qqi16s")
_DEFAULTS = list(Progress()[:-3])
_OUTCOMES: dict[bytes, Outcome] = {b"d": "extracted", b"f": "failed"}
_LETTERS: dict[Outcome, bytes] = {outcome: letter for letter, outcome in _OUTCOMES.items()}


class ScopeTable:
    """A scope's part of the table, in the stage's own terms."""

    def __init__(self, table: Overlay, scope: bytes) -> None:
        self._table = table
        self.scope = scope

    def fork(self) -> "ScopeTable":
        """The same, but what is written to it is never kept."""
        return ScopeTable(Overlay(self._table), self.scope)

    def _key(self, letter: bytes, name: bytes) -> bytes:
        return letter + self.scope + name

    # windows

    def outcome(self, window: bytes) -> Outcome | None:
        """How a window ended; None: no result of it was met."""
        value = self._table.get(self._key(b"x", window))
        return _OUTCOMES[value[:1]] if value else None

    def has_result(self, window: bytes, extraction_key: bytes) -> bool:
        return holds((self._table.get(self._key(b"x", window)) or b"")[1:], extraction_key)

    def put_result(self, window: bytes, extraction_key: bytes, outcome: Outcome) -> None:
        """Remember a result. A window that was once extracted has not failed."""
        key = self._key(b"x", window)
        value = self._table.get(key) or b""
        letter = b"d" if value[:1] == b"d" else _LETTERS[outcome]
        self._table.put(key, letter + value[1:] + extraction_key)

    def wait(self, window: bytes) -> Wait | None:
        """Why a window is deferred, if it is."""
        value = self._table.get(self._key(b"w", window))
        return Wait(*orjson.loads(value)) if value else None

    def put_wait(self, window: bytes, wait: Wait) -> None:
        self._table.put(self._key(b"w", window), codec.dumps([*wait]))

    def end_wait(self, window: bytes) -> None:
        key = self._key(b"w", window)
        if self._table.get(key):
            self._table.put(key, b"")

    # facts

    def fact(self, fact: bytes) -> Fact | None:
        value = self._table.get(self._key(b"f", fact))
        if value is None:
            return None
        *numbers, evidence, job_ids = orjson.loads(value)
        return Fact._make((*numbers, tuple(Said(*turn) for turn in evidence), tuple(job_ids)))

    def put_fact(self, fact: bytes, content: Fact) -> None:
        row = [*content[:-2], [[*turn] for turn in content.evidence], content.job_ids]
        self._table.put(self._key(b"f", fact), codec.dumps(row))

    def wording(self, fact: bytes) -> Wording:
        value = self._table.get(self._key(b"b", fact))
        assert value is not None, "a fact has its wording from its first revision on"
        wording: Wording = orjson.loads(value)
        return wording

    def put_wording(self, fact: bytes, wording: Wording) -> None:
        self._table.put(self._key(b"b", fact), codec.dumps(wording))

    def says(self, fact: bytes, turn_id: str) -> bool:
        """Whether a turn is among those kept beyond a fact's evidence."""
        turn = bytes.fromhex(turn_id)
        return any(holds(segment, turn) for segment in self._segments(b"t", fact))

    def put_turn(self, fact: bytes, turn_id: str) -> None:
        self._append(b"t", fact, bytes.fromhex(turn_id))

    # slots

    def assertions(self, slot: bytes) -> list[Assertion]:
        """In the order they came."""
        return [
            Assertion(*fields) for segment in self._segments(b"s", slot) for fields in _ASSERTION.iter_unpack(segment)
        ]

    def put_assertion(self, slot: bytes, assertion: Assertion) -> None:
        self._append(b"s", slot, _ASSERTION.pack(*assertion))

    # entities

    def spelling(self, entity: bytes, name: str) -> str:
        """The first spelling of a name, which is this one if there was none."""
        key = self._key(b"e", entity)
        first = self._table.get(key)
        if first is not None:
            return first.decode()
        self._table.put(key, name.encode())
        return name

    def alias(self, words: bytes) -> bytes | None:
        """What was put for words that may be another name."""
        return self._table.get(self._key(b"a", words))

    def put_alias(self, words: bytes, whose: bytes) -> None:
        self._table.put(self._key(b"a", words), whose)

    # jobs

    def job(self, job: bytes) -> Progress:
        value = self._table.get(self._key(b"j", job))
        if value is None:
            return Progress()
        *sums, tally, cost, dropped = orjson.loads(value)
        sums += _DEFAULTS[len(sums) :]  # an older row has fewer
        return Progress._make((*sums, Tally(*tally), Cost(*cost), dropped))

    def put_job(self, job: bytes, progress: Progress) -> None:
        *sums, tally, cost, dropped = progress
        self._table.put(self._key(b"j", job), codec.dumps([*sums, [*tally], [*cost], dropped]))

    def shown(self, job: bytes, number: int) -> bytes:
        """The candidates of a dry run's window, as they were put."""
        return self._table.get(self._key(b"d", job + number.to_bytes(4))) or b""

    def put_shown(self, job: bytes, number: int, candidates: bytes) -> None:
        self._table.put(self._key(b"d", job + number.to_bytes(4)), candidates)

    # what grows

    def _segments(self, letter: bytes, name: bytes) -> Iterator[bytes]:
        number = 0
        while segment := self._table.get(self._key(letter, name + number.to_bytes(4))):
            yield segment
            number += 1

    def _append(self, letter: bytes, name: bytes, entry: bytes) -> None:
        """Only the last segment is rewritten, until it is full."""
        last, number = b"", 0
        for number, last in enumerate(self._segments(letter, name)):  # noqa: B007
            pass
        if len(last) + len(entry) > SEGMENT_BYTES:
            last, number = b"", number + 1
        self._table.put(self._key(letter, name + number.to_bytes(4)), last + entry)


def holds(packed: bytes, entry: bytes) -> bool:
    """Whether `entry` lies among packed entries of its size, and not across two of them."""
    at = packed.find(entry)
    while at >= 0 and at % len(entry):
        at = packed.find(entry, at + 1)
    return at >= 0
