"""The columns that are written are those of the database, in its order."""

from collections.abc import Iterator

import pytest

from schemas.job import STATES
from streams.local.clickhouse.local import LocalClickHouse
from streams.sink.tables import GENERATIONS_DROPPED, POSITIONS, TABLES, Table
from tests.streams.sink.store import Store, fresh_store

pytestmark = pytest.mark.clickhouse

UNSCOPED = (GENERATIONS_DROPPED, POSITIONS)
"""What has no scope: it speaks of topics and generations."""


@pytest.fixture(scope="module")
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        yield store


def described(store: Store, table: str) -> dict[str, str]:
    rows = store.tables.query(
        "SELECT name, type FROM system.columns "
        "WHERE database = {data:String} AND table = {table:String} ORDER BY position",
        {"data": f"{store.name}_data", "table": table},
    )
    return {row["name"]: row["type"] for row in rows}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_table_is_written_in_the_order_of_its_columns(store: Store, table: Table) -> None:
    assert list(table.columns) == list(described(store, table.name))


def test_the_states_of_a_job_stand_in_the_order_of_the_contract(store: Store) -> None:
    names = ", ".join(f"'{state}' = {number}" for number, state in enumerate(STATES, start=1))
    assert described(store, "job_parts")["state"] == f"Enum8({names})"


def test_every_table_has_its_scope_first_and_its_generation_in_its_key(store: Store) -> None:
    """FINAL keeps one row per key, over all partitions: without the generation one would hide the other's."""
    keys = store.tables.query(
        "SELECT name, sorting_key, partition_key FROM system.tables "
        "WHERE database = {data:String} AND name IN {names:Array(String)}",
        {"data": f"{store.name}_data", "names": [table.name for table in TABLES if table not in UNSCOPED]},
    )
    assert len(keys) == len(TABLES) - len(UNSCOPED)
    for row in keys:
        key = row["sorting_key"].split(", ")
        assert key[:2] == ["org_id", "user_id"]
        assert row["partition_key"] in ("", "generation")
        of_each = described(store, row["name"]).get("generation") == "UInt32"
        assert of_each == (row["partition_key"] == "generation")
        assert not row["partition_key"] or "generation" in key


def test_every_public_view_hides_what_was_replaced(store: Store) -> None:
    views = store.tables.query(
        "SELECT name, as_select FROM system.tables WHERE database = {database:String}", {"database": store.name}
    )
    assert len(views) >= 8
    for view in views:
        tables = view["as_select"].count(f"{store.name}_data.")
        assert tables == view["as_select"].count(" FINAL"), view["name"]
