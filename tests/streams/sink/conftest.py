"""A database for the tests of a file, and an organisation in it for each of them."""

from collections.abc import Iterator

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from tests.streams.sink.store import ORGANISATIONS, Store, fresh_store


@pytest.fixture(scope="module")
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        yield store


@pytest.fixture
def org() -> str:
    """An organisation that no other test writes to."""
    return next(ORGANISATIONS)
