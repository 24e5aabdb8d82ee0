"""Turns and computed jobs seen before in their conversation, however long ago."""

from collections import OrderedDict
from collections.abc import Sequence
from struct import Struct
from typing import Final, NamedTuple

from streams.ingest.conversations import ENTRY, NAME, Conversation
from streams.ingest.identity import TurnIdentity
from streams.overlay import Overlay, Readable

INDEXED_FROM: Final = 8
"""Big segments from which a conversation is looked up through an index: below, searching the bytes is as fast."""
INDEXED_ENTRIES: Final = 250_000
"""Entries that the indexes of a lane hold together, at some 150 bytes each."""
_PAIR: Final = Struct("<QI")


class Indexes:
    """Big segments as dictionaries, for the longest conversations lately asked for.

    Derived from committed segments alone, which never change; whatever is missing here is read from the table.
    """

    def __init__(self, limit: int = INDEXED_ENTRIES) -> None:
        self._limit = limit
        self._entries = 0
        self._by_conversation: OrderedDict[bytes, tuple[int, dict[int, int]]] = OrderedDict()

    def of(self, conversation: Conversation, committed: Readable) -> tuple[int, dict[int, int]]:
        """How many of the big segments the index covers, and what they hold. At least the committed ones."""
        covered, index = self._by_conversation.pop(conversation.digest, (0, {}))
        self._entries -= len(index)
        if covered > conversation.bigs:  # asked about an earlier state
            covered, index = 0, {}
        while covered < conversation.bigs and (segment := committed.get(conversation.big_key(covered))) is not None:
            index.update(_PAIR.iter_unpack(segment))
            covered += 1
        self._by_conversation[conversation.digest] = covered, index
        self._entries += len(index)
        while self._entries > self._limit and len(self._by_conversation) > 1:
            _, (_, oldest) = self._by_conversation.popitem(last=False)
            self._entries -= len(oldest)
        return covered, index


def entry_of(turn: TurnIdentity) -> bytes:
    """What is remembered of a turn: 8 bytes that name it and 4 of what it says."""
    return bytes.fromhex(turn.turn_id[: 2 * NAME]) + turn.content[: ENTRY - NAME]


def entry_of_job(job_id: str) -> bytes:
    """What is remembered of a job whose id we computed."""
    return bytes.fromhex(job_id[: 2 * ENTRY])


class Sorted(NamedTuple):
    """The turns of a submission against what is known. `new`: index and id; `entries`: what to remember of them."""

    new: list[tuple[int, str]]
    entries: bytes
    duplicate: int
    conflicting: list[int]


def sort_turns(turns: Sequence[TurnIdentity], conversation: Conversation, table: Overlay, indexes: Indexes) -> Sorted:
    """Which turns are new, which are known, and which are known with other words. Of two alike the first counts."""
    fresh: dict[bytes, bytes] = {}
    new, entries, conflicting, duplicate = [], b"", [], 0
    for index, turn in enumerate(turns):
        entry = entry_of(turn)
        name, content = entry[:NAME], entry[NAME:]
        known = fresh.get(name) or find(name, conversation, table, indexes)
        if known is None:
            fresh[name] = content
            new.append((index, turn.turn_id))
            entries += entry
        elif known == content:
            duplicate += 1
        else:
            conflicting.append(index)
    return Sorted(new, entries, duplicate, conflicting)


def find(name: bytes, conversation: Conversation, table: Overlay, indexes: Indexes) -> bytes | None:
    """The content part of the entry with this name, if the conversation has one."""
    found = _search(conversation.entries, name)
    if found is not None or not (conversation.smalls or conversation.bigs):
        return found
    for number in range(conversation.smalls):
        if (found := _search(table.get(conversation.small_key(number)) or b"", name)) is not None:
            return found
    return _find_in_bigs(name, conversation, table, indexes)


def _find_in_bigs(name: bytes, conversation: Conversation, table: Overlay, indexes: Indexes) -> bytes | None:
    covered = 0
    if conversation.bigs >= INDEXED_FROM:
        covered, index = indexes.of(conversation, table.below)
        content = index.get(int.from_bytes(name, "little"))
        if content is not None:
            return content.to_bytes(ENTRY - NAME, "little")
    for number in range(covered, conversation.bigs):
        if (found := _search(table.get(conversation.big_key(number)) or b"", name)) is not None:
            return found
    return None


def _search(entries: bytes, name: bytes) -> bytes | None:
    at = entries.find(name)
    while at > 0 and at % ENTRY:
        at = entries.find(name, at + 1)
    return entries[at + NAME : at + ENTRY] if at >= 0 else None
