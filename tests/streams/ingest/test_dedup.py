"""Turns seen before are found, however long ago, in every size of conversation."""

from hashlib import blake2b

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.ingest.conversations import ENTRY, NAME, SMALLS, Conversation, head_key, unpack
from streams.ingest.dedup import INDEXED_FROM, Indexes, entry_of, find, sort_turns
from streams.ingest.identity import TurnIdentity
from streams.overlay import Overlay

DIGEST = bytes(range(16))


def identity(number: int, content: int = 0) -> TurnIdentity:
    def digest(value: int) -> bytes:
        return blake2b(value.to_bytes(8, "big"), digest_size=16).digest()

    return TurnIdentity(digest(number).hex(), digest(-content % 2**32))


class Memory:
    """A conversation over a table that is committed after every chunk."""

    def __init__(self, entries: int = 10_000) -> None:
        self.state: dict[bytes, bytes] = {}
        self.indexes = Indexes(entries)
        self.written = 0

    def chunk(self, *submissions: list[TurnIdentity]) -> list[tuple[int, int, int]]:
        table = Overlay(self.state)
        head = table.get(head_key(DIGEST))
        conversation = unpack(DIGEST, head) if head else Conversation(DIGEST, b"acme/ann", b"s")
        counts = []
        for turns in submissions:
            known = sort_turns(turns, conversation, table, self.indexes)
            if known.entries:
                conversation.remember(known.entries, table)
            counts.append((len(known.new), known.duplicate, len(known.conflicting)))
        table.put(head_key(DIGEST), conversation.pack())
        self.written += sum(map(len, table.changes.values()))
        self.state.update(table.changes)
        return counts

    def content(self, turn: TurnIdentity) -> bytes | None:
        table = Overlay(self.state)
        return find(entry_of(turn)[:NAME], unpack(DIGEST, self.state[head_key(DIGEST)]), table, self.indexes)


def test_a_turn_is_new_once_in_a_submission_a_chunk_and_ever_after() -> None:
    memory = Memory()
    a, b = identity(1), identity(2)
    assert memory.chunk([a, a, b], [b]) == [(2, 1, 0), (0, 1, 0)]
    assert memory.chunk([b, a]) == [(0, 2, 0)]


def test_a_known_turn_with_other_words_is_a_conflict_and_the_first_stays() -> None:
    memory = Memory()
    said, altered = identity(1, content=1), identity(1, content=2)
    assert memory.chunk([said, altered, said]) == [(1, 1, 1)]
    assert memory.chunk([altered], [said]) == [(0, 0, 1), (0, 1, 0)]


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.lists(st.integers(0, 400), max_size=60), max_size=6), max_size=12), st.integers(0, 30))
def test_it_agrees_with_a_set_however_the_turns_are_cut(chunks: list[list[list[int]]], indexed: int) -> None:
    memory, seen = Memory(indexed), set[int]()
    for chunk in chunks:
        expected = []
        for numbers in chunk:
            fresh = set(numbers) - seen
            seen |= fresh
            expected.append((len(fresh), len(numbers) - len(fresh), 0))
        assert memory.chunk(*([identity(number) for number in numbers] for numbers in chunk)) == expected


@settings(max_examples=25, deadline=None)
@given(st.lists(st.lists(st.integers(0, 3000), max_size=40), max_size=40), st.data())
def test_any_split_in_chunks_leaves_the_same_table(submissions: list[list[int]], data: st.DataObject) -> None:
    whole, split = Memory(), Memory()
    turns = [[identity(number) for number in numbers] for numbers in submissions]
    whole.chunk(*turns)
    left = turns
    while True:
        size = data.draw(st.integers(1, 8))
        split.chunk(*left[:size])
        left = left[size:]
        if not left:
            break
    assert split.state == whole.state


def test_a_conversation_of_100_000_turns_forgets_none_and_rewrites_little() -> None:
    memory = Memory(entries=200_000)
    for first in range(0, 100_000, 20):
        assert memory.chunk([identity(number) for number in range(first, first + 20)]) == [(20, 0, 0)]
    for number in (0, 5, 4_999, 50_000, 99_999):
        assert memory.chunk([identity(number)]) == [(0, 1, 0)]
        assert memory.chunk([identity(number, content=1)]) == [(0, 0, 1)]
        assert memory.content(identity(number)) == identity(number).content[: ENTRY - NAME]
    assert memory.content(identity(100_001)) is None
    assert max(map(len, memory.state.values())) < 64 << 10
    assert memory.written < 100_000 * 45
    assert sum(map(len, memory.state.values())) < 100_000 * (ENTRY + 1)


def test_an_index_holds_committed_segments_only_and_few_conversations() -> None:
    memory = Memory(entries=1)
    per_big = SMALLS * 16
    for first in range(0, per_big * (INDEXED_FROM + 1), 16):
        memory.chunk([identity(number) for number in range(first, first + 16)])
    before = dict(memory.state)
    more = [[identity(10**6 + number) for number in range(first, first + 16)] for first in range(0, per_big * 2, 16)]
    assert memory.chunk(*more) == [(16, 0, 0)] * len(more)
    memory.state = before  # the transaction was aborted
    assert memory.chunk(*more) == [(16, 0, 0)] * len(more)
    assert memory.chunk(more[0]) == [(0, 16, 0)]


def test_a_head_reads_back() -> None:
    conversation = Conversation(DIGEST, "acme/änn".encode(), "s€".encode())
    conversation.ticks, conversation.due, conversation.smalls, conversation.bigs = 2, -5, 7, 70_000
    conversation.entries = b"x" * 24
    again = unpack(DIGEST, conversation.pack())
    assert {name: getattr(again, name) for name in Conversation.__slots__} == {
        name: getattr(conversation, name) for name in Conversation.__slots__
    }
