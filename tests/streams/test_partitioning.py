"""Partitions are those that Java's default partitioner chooses."""

import pytest
from aiokafka.partitioner import DefaultPartitioner
from hypothesis import given
from hypothesis import strategies as st

from streams.partitioning import murmur2, partition_of


@pytest.mark.parametrize(
    ("data", "expected"),
    [(b"21", -973932308), (b"foobar", -790332482), (b"a-little-bit-long-string", -985981536), (b"abc", 479470107)],
)
def test_the_hash_is_kafkas(data: bytes, expected: int) -> None:
    """Vectors of Apache Kafka's own UtilsTest."""
    assert murmur2(data) == expected & 0xFFFFFFFF


@given(st.binary(), st.integers(1, 64))
def test_a_key_lies_where_the_client_puts_it(key: bytes, partitions: int) -> None:
    everywhere = list(range(partitions))
    assert partition_of(key, partitions) == DefaultPartitioner()(key, everywhere, everywhere)
