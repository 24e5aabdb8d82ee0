"""Record batches are read whatever publishers call their headers, and as aiokafka reads them where it can."""

from typing import Any

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from aiokafka.consumer.fetcher import READ_COMMITTED
from aiokafka.record.memory_records import MemoryRecords
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.engine.batch_reading import PartitionRecords, Records
from tests.streams.engine.odd_headers import Record, builder, name_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
CONTENT = st.none() | st.binary(max_size=5)


def batch_of(records: list[Record], *, compression: int = 0, base: int = 0) -> bytes:
    batch = builder(compression)
    for place, (key, value, headers) in enumerate(records):
        named = [(name_of(name), content) for name, content in headers]
        batch.append(place, timestamp=1_000 + place, key=key, value=value, headers=named)
    content = batch.build()
    content[:8] = base.to_bytes(8)  # outside the checksum: the broker writes it
    return bytes(content)


def read(records: Any) -> list[tuple[Any, ...]]:
    found = []
    while records.has_next():
        batch = records.next_batch()
        assert batch.validate_crc()
        found += [(each.offset, each.timestamp, each.key, each.value, list(each.headers)) for each in batch]
    return found


def test_aiokafka_still_refuses_a_name_that_is_no_text() -> None:
    """The day it reads them, streams/engine/batch_reading.py can go."""
    with pytest.raises(UnicodeDecodeError):
        read(MemoryRecords(batch_of([(None, b"v", [(b"\xff", b"1")])])))


@pytest.mark.parametrize("compression", [0, 1, 4])
def test_a_name_that_is_no_text_is_read_with_its_bytes_written_out(compression: int) -> None:
    odd = batch_of(
        [(b"k", b"1", [(b"a", b"b")]), (None, None, [(b"x\xff\xfe", None), (b"trace-id", b"t")]), (b"k", b"3", [])],
        compression=compression,
        base=7,
    )
    plain = batch_of([(b"k", b"4", [])], base=10)
    found = read(Records(plain + odd + plain))
    assert {(offset, key, value, str(headers)) for offset, _, key, value, headers in found} == {
        (7, b"k", b"1", "[('a', b'b')]"),
        (8, None, None, "[('x\\\\xff\\\\xfe', None), ('trace-id', b't')]"),
        (9, b"k", b"3", "[]"),
        (10, b"k", b"4", "[]"),
    }
    assert [offset for offset, *_ in found][-3:] == [8, 9, 10]


@settings(max_examples=30)
@given(
    st.lists(
        st.lists(
            st.tuples(CONTENT, CONTENT, st.lists(st.tuples(TEXT.map(str.encode), CONTENT), max_size=3)), min_size=1
        )
    ),
    st.integers(0, 60),
)
def test_everything_else_is_read_as_aiokafka_reads_it(batches: list[list[Record]], cut_off: int) -> None:
    content = b"".join(batch_of(records, base=100 * place) for place, records in enumerate(batches))
    content += batch_of([(None, b"cut off", [])])[:cut_off]
    assert read(Records(content)) == read(MemoryRecords(content))
    assert Records(content).size_in_bytes() == len(content)


@given(
    st.lists(st.tuples(CONTENT, CONTENT, st.lists(st.tuples(TEXT.map(str.encode), CONTENT), max_size=3)), min_size=1),
    st.integers(0, 3),
)
def test_a_record_says_what_aiokafkas_says(records: list[Record], since: int) -> None:
    content, place = batch_of(records), TopicPartition("turns", 3)
    ours, theirs = (
        [*kind(place, Records(content), [], since, None, None, True, READ_COMMITTED)]
        for kind in (PartitionRecords, PartitionRecords.__base__)
    )
    assert len(ours) == max(0, len(records) - since)
    for our, their in zip(ours, theirs, strict=True):
        assert isinstance(their, ConsumerRecord)
        assert our == tuple(getattr(their, name) for name in our._fields)


def test_records_may_be_taken_some_at_a_time() -> None:
    """As for a chunk with a largest size."""
    content = batch_of([(None, b"%d" % number, []) for number in range(5)])
    records = PartitionRecords(TopicPartition("turns", 3), Records(content), [], 1, None, None, True, READ_COMMITTED)
    for first in records:
        assert (first.value, records.next_fetch_offset) == (b"1", 2)
        break
    assert [record.value for record in records] == [b"2", b"3", b"4"]
    assert records.next_fetch_offset == 5
