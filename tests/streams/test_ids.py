"""Identifiers say what they identify and nothing else."""

import unicodedata
from hashlib import blake2b

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ids import Ids, Part, encode, parse_scope_key, scope_key

TEXT = st.text(st.characters(exclude_categories=["Cs"]))
PARTS: st.SearchStrategy[Part] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXT | st.binary(),
    lambda inner: st.lists(inner, max_size=4),
    max_leaves=8,
)


def typed(part: Part) -> object:
    """A value that is equal only where type and content are."""
    if isinstance(part, list):
        return ("list", tuple(map(typed, part)))
    return (type(part).__name__, part.hex() if isinstance(part, float) else part)


@given(PARTS, PARTS)
def test_different_parts_are_encoded_differently(one: Part, other: Part) -> None:
    assert (encode(one) == encode(other)) == (typed(one) == typed(other))


@given(TEXT, TEXT)
def test_a_scope_comes_back_from_its_key(org_id: str, user_id: str) -> None:
    assert parse_scope_key(scope_key(org_id, user_id)) == (org_id, user_id)


def test_a_slash_inside_an_id_does_not_move_the_border() -> None:
    assert scope_key("a/b", "c") != scope_key("a", "b/c")
    assert scope_key("acme", "ann") == b"acme/ann"
    assert scope_key("a%2F", "b") == b"a%252F/b"


@pytest.mark.parametrize("key", [b"acme", b"", b"a/b/c", b"a%/b", b"\xff/x"])
def test_a_key_that_is_no_scope_is_refused(key: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also a UnicodeDecodeError
        parse_scope_key(key)


def test_the_same_letters_written_in_two_ways_are_the_same_turn() -> None:
    ids, conversation = Ids("a key of ours"), b"c" * 16
    composed, decomposed = "caf\u00e9", "cafe\u0301"
    assert ids.turn_by_time(conversation, "user", None, composed, 5) == ids.turn_by_time(
        conversation, "user", None, decomposed, 5
    )


def test_another_key_gives_other_ids_and_another_fingerprint() -> None:
    one, other = Ids("one key"), Ids("other key")
    assert one.scope("a", "b") != other.scope("a", "b")
    assert one.fingerprint() != other.fingerprint()


LABELS = st.none() | TEXT


@given(TEXT, TEXT, LABELS, st.binary(min_size=16, max_size=16), st.integers(), st.lists(st.tuples(TEXT, st.binary())))
def test_ids_put_together_by_hand_are_those_of_their_parts(
    one: str, other: str, label: str | None, conversation: bytes, number: int, listed: list[tuple[str, bytes]]
) -> None:
    ids = Ids("a key of ours")
    said = unicodedata.normalize("NFC", other)
    assert ids.conversation(one, other, said) == ids.digest("conversation", one, other, said)
    assert ids.turn_by_event(conversation, one) == ids.digest("turn/event", conversation, one).hex()
    by_time = ids.digest("turn/time", conversation, one, label, said, number).hex()
    assert ids.turn_by_time(conversation, one, label, other, number) == by_time
    assert ids.content(one, label, other) == ids.digest("content", one, label, said)
    turns: list[Part] = [[turn, content] for turn, content in listed]
    job = ids.digest("job", conversation, turns, b"options").hex()
    assert ids.job(conversation, listed, b"options") == job
    places: list[Part] = [[turn, number] for turn, _ in listed]
    window = ids.digest("window", conversation, places).hex()
    assert ids.window(conversation, [(turn, number) for turn, _ in listed]) == window
    extraction = ids.digest("extraction", conversation, places, [one, label], number).hex()
    at = [(turn, number) for turn, _ in listed]
    assert ids.extraction(conversation, at, encode([one, label]), encode(number)) == extraction
    assert ids.attempt(one, number) == ids.digest("job attempt", one, number)


@given(st.lists(PARTS, max_size=4))
def test_a_digest_is_the_keyed_hash_of_its_kind_and_parts(parts: list[Part]) -> None:
    key = blake2b(b"a key of ours", digest_size=32).digest()
    expected = blake2b(encode(("kind", *parts)), digest_size=16, key=key).digest()
    ids = Ids("a key of ours")
    assert [ids.digest("kind", *parts) for _ in range(2)] == [expected, expected]


def test_ids_of_different_kinds_never_meet() -> None:
    ids, conversation = Ids("a key of ours"), b"c" * 16
    assert ids.turn_by_event(conversation, "x") != ids.turn_by_job(conversation, "x")
