"""When a batch is full, and in which order it is inserted."""

from streams.sink.batch import Batch, Limits
from streams.sink.rows import rows_of
from streams.sink.tables import FACTS, SUBMISSIONS, TURNS, WINDOWS_RESOLVED, Row, Table
from tests.streams.sink.store import event_record

LIMITS = Limits(rows=20, wait_s=0.5)


def rows(count: int) -> list[tuple[Table, Row]]:
    return [(TURNS, (number,)) for number in range(count)]


BUSY = {"a", "b"}


def test_a_batch_is_full_with_enough_rows() -> None:
    batch = Batch(LIMITS)
    batch.add("a", rows(19))
    assert not batch.is_full(BUSY)
    batch.add("a", rows(1))
    assert batch.is_full(BUSY)


def test_a_batch_is_full_when_every_busy_lane_waits_for_it() -> None:
    batch = Batch(LIMITS)
    batch.add("a", rows(2))
    assert not batch.is_full(BUSY)
    batch.add("another", rows(2))
    assert not batch.is_full(BUSY)
    batch.add("b", rows(2))
    assert batch.is_full(BUSY)


def test_a_few_rows_wait_for_others_even_when_every_lane_waits() -> None:
    batch = Batch(LIMITS)
    batch.add("a", rows(1))
    assert not batch.is_full({"a"})


def test_rows_are_given_column_by_column() -> None:
    batch = Batch(LIMITS)
    batch.add("a", [(TURNS, (1, "a")), (TURNS, (2, "b"))])
    assert list(batch.inserts()) == [(TURNS, [(1, 2), ("a", "b")])]


def test_facts_are_inserted_before_the_windows_they_came_from() -> None:
    batch = Batch(LIMITS)
    for name, topic in (
        ("WindowResolved", "facts.g1"),
        ("FactRecorded", "facts.g1"),
        ("SubmissionAccepted", "conversations"),
    ):
        batch.add(name, rows_of(event_record(name, topic=topic)))
    assert [table for table, _ in batch.inserts()] == [TURNS, SUBMISSIONS, FACTS, WINDOWS_RESOLVED]


def test_a_chunk_without_rows_fills_a_batch_with_nothing() -> None:
    batch = Batch(LIMITS)
    batch.add("a", [])
    assert list(batch.inserts()) == []
