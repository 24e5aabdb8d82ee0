"""Outputs become batches: grouped by destination, in order, cut by size, nothing changed on the way."""

from typing import Any

import pytest
from aiokafka import TopicPartition
from aiokafka.producer.message_accumulator import BatchBuilder
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given
from hypothesis import strategies as st

from streams.engine import EngineError, ExitCode
from streams.engine.batches import ToWrite, build_batches, by_destination, from_changes
from streams.engine.transaction import is_wordy
from streams.ports import Headers, Output


def new_batch(size: int = 300) -> BatchBuilder:
    return BatchBuilder(size, 0, is_transactional=1)


Content = tuple[bytes | None, bytes | None, Headers]


def as_records(contents: list[Content]) -> list[ToWrite]:
    return [Output("topic", key, value, headers) for key, value, headers in contents]


def contents(batches: list[Any]) -> list[Content]:
    found: list[Content] = []
    for batch in batches:
        records = MemoryRecords(bytes(batch._build()))
        while records.has_next():
            found += [(record.key, record.value, tuple(record.headers)) for record in records.next_batch()]
    return found


some_bytes = st.none() | st.binary(max_size=120)
some_headers = st.lists(st.tuples(st.text(max_size=5), st.binary(max_size=5)), max_size=2).map(tuple)


@given(st.lists(st.tuples(some_bytes, some_bytes, some_headers), max_size=40))
def test_batches_hold_the_records_as_they_were(records: list[Content]) -> None:
    batches = build_batches(as_records(records), "topic", new_batch=new_batch, record_max=10_000)
    assert sum(batch.record_count() for batch in batches) == len(records)
    assert all(batch.size() <= 300 or batch.record_count() == 1 for batch in batches)
    assert contents(batches) == records


def test_a_large_record_is_a_batch_of_its_own() -> None:
    records: list[Content] = [(b"k", b"small", ()), (b"k", b"x" * 5_000, ()), (b"k", b"small", ())]
    batches = build_batches(as_records(records), "topic", new_batch=new_batch, record_max=10_000)
    assert [batch.record_count() for batch in batches] == [1, 1, 1]
    assert contents(batches) == records


@pytest.mark.parametrize("at", [0, 1, 2])
def test_a_record_over_the_limit_is_named_by_its_topic_and_size(at: int) -> None:
    records: list[Content] = [(b"k", b"small", ())] * 2
    records.insert(at, (b"k", b"x" * 20_000, ()))
    with pytest.raises(
        EngineError, match=r"^facts: a record of 20\d+ bytes is larger than the limit of 10000$"
    ) as raised:
        build_batches(as_records(records), "facts", new_batch=new_batch, record_max=10_000)
    assert raised.value.code is ExitCode.POISON


def test_outputs_are_sorted_by_destination_in_their_order() -> None:
    outputs = [
        Output("facts", b"1", b"a"),
        Output("jobs", b"2", b"b", (("h", b"x"),)),
        Output("facts", b"3", b"c", (), 2),
        Output("facts", b"4", b"d"),
        Output("facts", b"5", b"e", (), 5),
    ]
    assert by_destination(iter(outputs), lane=5, topics=("facts", "jobs"), partitions=6) == {
        TopicPartition("facts", 5): [outputs[0], outputs[3], outputs[4]],
        TopicPartition("jobs", 5): [outputs[1]],
        TopicPartition("facts", 2): [outputs[2]],
    }


@pytest.mark.parametrize(
    "output", [Output("other", b"", b""), Output("facts", b"", b"", (), 6), Output("facts", b"", b"", (), -1)]
)
def test_a_destination_the_stage_did_not_declare_is_refused(output: Output) -> None:
    with pytest.raises(EngineError, match="the stage may not write to"):
        by_destination([Output("facts", b"", b""), output], lane=0, topics=("facts",), partitions=6)


def test_changes_become_records_in_their_order() -> None:
    changes = {b"k": b"v", b"": b"", b"other": b"value"}
    batches = build_batches(from_changes(changes), "table", new_batch=new_batch, record_max=10_000)
    assert contents(batches) == [(key, value, ()) for key, value in changes.items()]


def test_only_a_table_of_texts_is_worth_compressing() -> None:
    """A value of a hash or two is not, and an empty table of changes neither."""
    assert is_wordy([b"x" * 1000, b"", b"short"])
    assert not is_wordy([b"x" * 100] * 50)
    assert not is_wordy([])
