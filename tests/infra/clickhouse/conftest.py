"""One database with a few conversations in it, for all tests here; they only read."""

from collections.abc import Iterator

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from tests.infra.clickhouse.told import tell
from tests.streams.sink.store import Store, fresh_store


@pytest.fixture(scope="session")
def told(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        tell(store)
        yield store
