"""A database of its own for a test, and records as the topics hold them."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import orjson

from schemas.dead_letter import TOPIC, DeadLetter, to_record
from streams.adapters.clickhouse import Database
from streams.admin.migrate import migrate
from streams.ports import Chunk, Headers
from streams.settings import Settings
from streams.sink.agents import build_writer

EXAMPLES = Path(__file__).parents[3] / "schemas" / "examples"
FINGERPRINT = "fingerprint of the tests"
ORGANISATIONS = (f"org{number}" for number in count())


class Record(NamedTuple):
    """One record as Kafka stored it."""

    topic: str
    value: bytes | None
    offset: int = 0
    partition: int = 0
    timestamp: int = 1_767_225_600_700
    key: bytes | None = b"acme/ann"
    headers: Headers = ()


def example(name: str) -> dict[str, Any]:
    """The golden example of an event, as fields."""
    fields: dict[str, Any] = orjson.loads((EXAMPLES / f"{name}.v1.json").read_bytes())
    return fields


def event_record(name: str, *, offset: int = 0, topic: str = "conversations", **changes: object) -> Record:
    """The golden example of an event as a record, with some fields changed."""
    return Record(topic, orjson.dumps(example(name) | changes), offset)


def fact(org: str, revision: int, **changes: Any) -> Record:
    return event_record("FactRecorded", topic="facts.g1", org_id=org, revision=revision, **changes)


def letter_record(letter: DeadLetter, *, offset: int = 0) -> Record:
    value, headers = to_record(letter)
    return Record(TOPIC, value, offset, headers=headers)


class Store(NamedTuple):
    """A migrated database, and what a test does with it."""

    address: str
    name: str
    tables: Database
    views: Database

    @property
    def settings(self) -> Settings:
        return Settings(clickhouse=self.address, clickhouse_database=self.name, sink_wait_s=0.01)

    def write(self, records: Sequence[Record]) -> None:
        """Write records as the sink does, as one chunk."""
        chunk = Chunk("conversations", 0, records, 0, len(records))

        async def run() -> None:
            await build_writer(self.settings)(0).write(chunk)

        asyncio.run(run())

    def view(self, name: str, org_id: str = "acme") -> list[dict[str, Any]]:
        """The rows of a public view for an organisation, in an order of their own."""
        return self.views.query(
            f"SELECT * FROM {name} WHERE org_id = {{org_id:String}} ORDER BY ALL", {"org_id": org_id}
        )


@contextmanager
def fresh_store(address: str) -> Iterator[Store]:
    """A new database, dropped afterwards."""
    name = f"t{uuid4().hex[:12]}"
    tables = Database(address)
    migrate(tables, name, FINGERPRINT)
    views = Database(address, database=name)
    try:
        yield Store(address, name, tables, views)
    finally:
        drop(tables, [name, f"{name}_data"])
        views.close()
        tables.close()


def drop(client: Database, databases: Iterable[str]) -> None:
    for database in databases:
        client.execute(f"DROP DATABASE IF EXISTS {database} SYNC")
