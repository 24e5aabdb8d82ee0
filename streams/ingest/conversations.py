"""What is remembered of a conversation, as bytes: one small head, and behind it segments that are sealed for good.

Nothing here is ever forgotten: deduplication has no horizon.

    c + conversation                 the head: who, when the next idle tick is due, the newest entries
    s + conversation + number        up to SMALLS sealed segments of some entries each, then
    b + conversation + number        they are joined into a big one and their numbers are used again

An entry is 12 bytes: 8 that name a turn (or a job whose id we computed), 4 of what it says. The head is the only value
that changes often, and it holds but a few entries; each entry is written three times in all beside it.
"""

from struct import Struct
from typing import Final

from streams.overlay import Overlay

ENTRY: Final = 12
NAME: Final = 8
SEALED_FROM: Final = 16 * ENTRY
"""Bytes of entries in a head that make a segment."""
SMALLS: Final = 8
TICKS: Final = 3
"""Idle ticks a conversation gets after a turn. It starts with none to come."""

HEAD: Final = b"c"
_SMALL: Final = b"s"
_BIG: Final = b"b"
_FIXED: Final = Struct(">BBBIqHH")
_FORM: Final = 1
_NUMBER: Final = Struct(">I")


class Conversation:
    """The head of one conversation, changed in place while a chunk is handled.

    `ticks`: idle ticks sent since the last new turn; `due`: epoch ms when the next one is.
    `smalls`, `bigs`: how many sealed segments of each kind stand.
    """

    __slots__ = ("bigs", "digest", "due", "entries", "key", "scope_key", "session_id", "smalls", "ticks")

    def __init__(self, digest: bytes, scope_key: bytes, session_id: bytes) -> None:
        self.digest = digest
        self.key = head_key(digest)
        self.scope_key = scope_key
        self.session_id = session_id
        self.ticks = TICKS
        self.smalls = self.bigs = self.due = 0
        self.entries = b""

    def pack(self) -> bytes:
        """The head's value."""
        fixed = _FIXED.pack(
            _FORM, self.ticks, self.smalls, self.bigs, self.due, len(self.scope_key), len(self.session_id)
        )
        return b"%b%b%b%b" % (fixed, self.scope_key, self.session_id, self.entries)

    def small_key(self, number: int) -> bytes:
        return b"%b%b%c" % (_SMALL, self.digest, number)

    def big_key(self, number: int) -> bytes:
        return b"%b%b%b" % (_BIG, self.digest, _NUMBER.pack(number))

    def remember(self, entries: bytes, table: Overlay) -> None:
        """Add entries that are new, and seal what became enough. The same whatever else the chunk holds."""
        self.entries += entries
        if len(self.entries) < SEALED_FROM:
            return
        table.put(self.small_key(self.smalls), self.entries)
        self.entries = b""
        self.smalls += 1
        if self.smalls == SMALLS:
            table.put(self.big_key(self.bigs), b"".join(self._small(number, table) for number in range(SMALLS)))
            self.smalls = 0
            self.bigs += 1

    def _small(self, number: int, table: Overlay) -> bytes:
        return table.get(self.small_key(number)) or b""


def unpack(digest: bytes, value: bytes) -> Conversation:
    """The inverse of `Conversation.pack`."""
    form, ticks, smalls, bigs, due, scope_size, session_size = _FIXED.unpack_from(value)
    if form != _FORM:
        raise ValueError(f"conversation head of form {form}")
    session_at = _FIXED.size + scope_size
    entries_at = session_at + session_size
    conversation = Conversation(digest, value[_FIXED.size : session_at], value[session_at:entries_at])
    conversation.ticks, conversation.smalls, conversation.bigs, conversation.due = ticks, smalls, bigs, due
    conversation.entries = value[entries_at:]
    return conversation


def head_key(digest: bytes) -> bytes:
    return HEAD + digest


def ticks_and_due(head: bytes) -> tuple[int, int]:
    """Of a packed head, without unpacking the rest."""
    _, ticks, _, _, due, _, _ = _FIXED.unpack_from(head)
    return ticks, due
