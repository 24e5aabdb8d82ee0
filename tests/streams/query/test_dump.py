"""The canonical dump tells what the views hold and not how it came about."""

from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from schemas.dead_letter import DeadLetter
from streams.local.clickhouse.local import LocalClickHouse
from streams.query.dump import EXCLUDED_COLUMNS, REPLACED_COLUMNS, SKIPPED_VIEWS, columns, dump, lines, views
from tests.streams.sink.store import Record, Store, event_record, fresh_store, letter_record


@pytest.fixture
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        yield store


@pytest.fixture
def other(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        yield store


def told(store: Store) -> list[bytes]:
    return list(dump(store.tables, store.name))


def of_view(store: Store, name: str) -> list[dict[str, Any]]:
    parts = (line.split(b" ", 1) for line in told(store))
    return [orjson.loads(row) for view, row in parts if view.decode() == name]


def run(*, shift: int, hit: bool, trace: str) -> list[Record]:
    """What a run writes, told with other places, times, efforts and trace ids."""
    source = {"topic": "turns", "partition": shift % 8, "offset": 40 + shift, "timestamp": 1_767_225_600_500 + shift}
    place: dict[str, Any] = {"topic": "turns", "partition": 1, "offset": shift, "timestamp": 1_767_225_600_000 + shift}
    letter = DeadLetter(
        code="MALFORMED",
        message="not JSON",
        stage="ingest",
        subject="submission",
        key=b"\xff",
        value=b"\xff\0",
        attempt=1 + shift,
        **place,
    )
    times = {"at": 1_767_225_600_600 + shift, "buffered_at": 1_767_225_600_000 + shift, "processing_at": shift}
    records = [
        event_record("SubmissionAccepted", offset=shift, source=source, headers={"trace-id": trace, "ce_id": "1"}),
        event_record("SessionEnded", offset=1 + shift, source={**source, "offset": 50 + shift}),
        event_record(
            "WindowExtracted", topic="results", offset=shift, journal_hit=hit, latency_ms=shift, attempts=1 + shift
        ),
        event_record("FactRecorded", topic="facts.g1", recorded_at=1_767_225_600_000 + shift),
        event_record("WindowResolved", topic="facts.g1", offset=shift, recorded_at=shift),
        event_record("FactRecorded", topic="facts.g1", fact_id="active", status="active", trace_ids=[trace]),
        event_record("JobChanged", topic="jobs.g1", part="accepted", trace_id=trace, source=source, **times),
        event_record("JobChanged", topic="jobs.g1", attempts=1 + shift, trace_id=trace, source=source, **times),
        letter_record(letter, offset=shift),
    ]
    return [record._replace(timestamp=record.timestamp + shift) for record in records]


@pytest.mark.clickhouse
def test_two_runs_that_differ_in_how_are_equal(store: Store, other: Store) -> None:
    store.write(run(shift=0, hit=False, trace="turns-3-40"))
    other.write(run(shift=5, hit=True, trace="turns-5-45"))
    other.write([event_record("JobResubmitted", offset=90)])
    assert told(store) == told(other)
    assert {line.split(b" ")[0].decode() for line in told(store)} == set(views(store.tables, store.name))


@pytest.mark.clickhouse
@pytest.mark.parametrize(
    ("view", "change"),
    [
        ("turns", event_record("SubmissionAccepted", session_id="another")),
        ("facts", event_record("FactRecorded", topic="facts.g1", revision=3, content="Ann lives in Bergen.")),
        ("jobs", event_record("JobChanged", topic="jobs.g1", revision=2, facts_created=2)),
        ("extractions", event_record("WindowExtracted", topic="results", extraction_key="another")),
    ],
)
def test_two_runs_that_differ_in_what_are_not_equal(store: Store, view: str, change: Record) -> None:
    store.write(run(shift=0, hit=False, trace="t"))
    before = of_view(store, view)
    store.write([change])
    assert of_view(store, view) != before


@pytest.mark.clickhouse
def test_lines_are_sorted_and_named_by_their_view(store: Store) -> None:
    store.write(run(shift=0, hit=False, trace="t"))
    found = told(store)
    assert found == sorted(found)
    assert all(line.endswith(b"}\n") for line in found)


@pytest.mark.clickhouse
def test_bytes_that_are_no_text_are_told_safely(store: Store) -> None:
    store.write(run(shift=0, hit=False, trace="t"))
    (letter,) = of_view(store, "dead_letters")
    assert (letter["value"], letter["key"]) == ("/wA=", "/w==")


@pytest.mark.clickhouse
def test_every_exclusion_names_a_column_that_exists(store: Store) -> None:
    """A column that was renamed would come back into the dump unnoticed, and a view that is new comes in by itself."""
    everything = {
        view: {column.name for column in columns(store.tables, store.name, view)}
        for view in views(store.tables, store.name)
    }
    assert set(EXCLUDED_COLUMNS) <= set().union(*everything.values())
    assert all(column in everything[view] for view, column in REPLACED_COLUMNS)
    assert not set(everything) & set(SKIPPED_VIEWS)


def test_lines_are_put_together_from_pieces_cut_anywhere() -> None:
    assert list(lines(iter([b"a\nb", b"", b"b\n", b"c\nd"]))) == [b"a", b"bb", b"c", b"d"]
    assert list(lines(iter([]))) == []
