"""An empty block in ClickHouse's Native format names its columns."""

import pytest

from streams.local.clickhouse.native import Column, encode_empty_block, encode_length


def test_an_empty_block_has_columns_and_no_rows() -> None:
    assert encode_empty_block([Column("a", "UInt8"), Column("ü", "String")]) == (
        b"\x02\x00\x01a\x05UInt8\x02\xc3\xbc\x06String"
    )


@pytest.mark.parametrize(
    ("number", "encoded"),
    [(0, b"\x00"), (127, b"\x7f"), (128, b"\x80\x01"), (300, b"\xac\x02"), (1 << 14, b"\x80\x80\x01")],
)
def test_lengths_take_seven_bits_a_byte(number: int, encoded: bytes) -> None:
    assert encode_length(number) == encoded
