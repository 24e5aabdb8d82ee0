"""A dead letter keeps what is needed to send it again."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dead_letter import KEPT_OF_LARGE, MAX_VALUE, DeadLetter, from_record, to_record

LETTER = DeadLetter("MALFORMED", "not JSON", "ingest", "submission", "turns", 3, 41, 1_767_225_600_000, b"k", b"{")


@given(
    st.none() | st.binary(),
    st.none() | st.binary(max_size=100),
    st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.binary())),
)
def test_bytes_key_and_headers_come_back(
    key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]
) -> None:
    letter = LETTER._replace(key=key, value=value, headers=tuple(headers), turn_ids=("t1", "t2"))
    stored = from_record(*to_record(letter))
    assert stored.letter == letter
    assert stored.bytes == len(value or b"")


def test_of_a_huge_value_the_beginning_and_the_hash_are_kept() -> None:
    value, headers = to_record(LETTER._replace(value=b"x" * (MAX_VALUE + 1)))
    stored = from_record(value, headers)
    assert (len(value or b""), stored.bytes, stored.letter.kept) == (KEPT_OF_LARGE, MAX_VALUE + 1, False)


def test_bytes_can_be_left_out() -> None:
    value, headers = to_record(LETTER._replace(value=b"secret", kept=False))
    assert value == b""
    assert b"secret" not in b"".join(content for _, content in headers)
    assert from_record(value, headers).bytes == 6


def test_what_a_newer_version_tells_about_it_is_ignored() -> None:
    value, headers = to_record(LETTER)
    about = json.loads(dict(headers)["turnlog"]) | {"added_later": 1}
    assert from_record(value, (("turnlog", json.dumps(about).encode()), *headers[1:])).letter == LETTER


def test_a_record_that_is_no_dead_letter_is_an_error() -> None:
    with pytest.raises(KeyError):
        from_record(b"", ())
