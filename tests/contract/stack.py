"""All cases through one local stack: everything is sent at once, then every view is read once."""

import asyncio
import base64
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode
from urllib.request import urlopen

import orjson
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from streams.ids import scope_key
from streams.partitioning import partition_of
from tests.contract.case import Case, Row, Sent
from tests.contract.settings import PARTITIONS
from tests.integration.local import Local

ENDED = (
    "completed",
    "completed_empty",
    "completed_partial",
    "failed",
    "cancelled",
    "skipped_duplicate",
    "dead_lettered",
)
VIEWS = {
    "turns": "log_partition, log_offset, turn_index",
    "submissions": "log_partition, log_offset",
    "jobs": "source_partition, source_offset",
    "facts": "content, fact_id",
    "facts_history": "content, fact_id, valid_from",
    "extractions": "closed_at, window_id",
    "memory_now": "kind, content",
    "entities": "name",
}
IN_JSON = ("metadata", "options", "candidates")
LETTERS = """
SELECT * EXCEPT (value, key, headers), base64Encode(value) AS value, base64Encode(ifNull(key, '')) AS key,
    arrayMap(header -> (header.name, base64Encode(header.value)), headers) AS headers
FROM turnlog.dead_letters ORDER BY source_partition, source_offset, stage, subject
"""
LIMIT_S = 240


class Place(NamedTuple):
    """Where a record was stored."""

    partition: int
    offset: int


class Answers:
    """What the views say, by case."""

    def __init__(self) -> None:
        self._by_scope: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
        self._by_place: dict[Place, list[Row]] = defaultdict(list)

    def add(self, view: str, rows: Iterable[Row]) -> None:
        for row in rows:
            if view == "dead_letters":
                self._by_place[Place(row["source_partition"], row["source_offset"])].append(row)
            else:
                self._by_scope[view, row["org_id"], row["user_id"]].append(row)

    def of(self, case: Case, view: str, places: Iterable[Place]) -> list[Row]:
        if view == "dead_letters":
            return [row for place in places for row in self._by_place[place]]
        return self._by_scope[view, case.org, case.user]

    def at(self, place: Place) -> list[Row]:
        """The dead letters of a record."""
        return self._by_place[place]


class Stack:
    """The running product, as its publishers and readers meet it."""

    def __init__(self, local: Local) -> None:
        self.local = local
        endpoints = orjson.loads((local.folder / "run.json").read_bytes())["about"]
        self.kafka = endpoints["kafka"]
        self._clickhouse = f"{endpoints['clickhouse']}/?{urlencode(NUMBERS)}"
        self.places: dict[int, Place] = {}

    def query(self, sql: str, **parameters: str) -> list[dict[str, Any]]:
        bound = urlencode({f"param_{name}": _escaped(value) for name, value in parameters.items()})
        with urlopen(f"{self._clickhouse}&{bound}", f"{sql} FORMAT JSONEachRow".encode(), timeout=60) as answer:
            return [orjson.loads(line) for line in answer.read().split(b"\n") if line]

    def read(self) -> Answers:
        """Every view, whole."""
        answers = Answers()
        for view, order in VIEWS.items():
            answers.add(view, map(_parsed, self.query(f"SELECT * FROM turnlog.{view} ORDER BY {order}")))
        answers.add("dead_letters", self.query(LETTERS))
        return answers

    async def publish(self, records: Sequence[tuple[Sent, bytes]]) -> None:
        """Send records with the canonical key of their scope; remember where each was stored."""
        async with AIOKafkaProducer(
            bootstrap_servers=self.kafka, enable_idempotence=True, max_request_size=4 << 20, linger_ms=5
        ) as producer:
            futures = [(sent, await self._send(producer, sent, own)) for sent, own in records]
            for sent, future in futures:
                stored = await future
                self.places[id(sent)] = Place(stored.partition, stored.offset)

    async def _send(self, producer: AIOKafkaProducer, sent: Sent, own: bytes) -> Any:
        key = own if isinstance(sent.key, str) else sent.key
        partition = None if sent.partition is None else (partition_of(own, PARTITIONS) + sent.partition) % PARTITIONS
        headers = list(sent.headers)
        return await producer.send("turns", sent.value, key=key, partition=partition, headers=headers)

    def wait_until(self, sent: Iterable[Sent], *, ended: bool) -> None:
        """Until each of these records is accounted for, and, if asked, every job has ended."""
        places = {self.places[id(record)] for record in sent}
        here = f"(source_partition, source_offset) IN ({', '.join(f'({part}, {offset})' for part, offset in places)})"
        deadline = time.monotonic() + LIMIT_S
        while True:
            (row,) = self.query(
                f"SELECT (SELECT count() FROM turnlog.submissions WHERE {here}) +"
                f" (SELECT count() FROM turnlog.dead_letters WHERE subject != 'turns' AND {here}) AS accounted,"
                f" (SELECT count() FROM turnlog.jobs WHERE state NOT IN {ENDED}) AS open"
            )
            assert row["accounted"] <= len(places), row
            if row["accounted"] == len(places) and not (ended and row["open"]):
                return
            assert time.monotonic() < deadline, (row, len(places))
            time.sleep(0.3)

    def read_topics(self) -> dict[str, list[bytes]]:
        """Every record of every topic: key, value and headers as one piece."""
        return asyncio.run(self._read_topics())

    async def _read_topics(self) -> dict[str, list[bytes]]:
        found: dict[str, list[bytes]] = {}
        async with AIOKafkaConsumer(bootstrap_servers=self.kafka, auto_offset_reset="earliest") as consumer:
            for topic in await consumer.topics():
                if topic.startswith("__"):
                    continue
                parts = [TopicPartition(topic, number) for number in range(PARTITIONS)]
                consumer.assign(parts)
                await consumer.seek_to_beginning(*parts)
                ends = await consumer.end_offsets(parts)
                found[topic] = pieces = []
                while any([await consumer.position(part) < ends[part] for part in parts]):
                    for records in (await consumer.getmany(timeout_ms=200)).values():
                        pieces += [_piece(record) for record in records]
        return found

    def read_metrics(self) -> bytes:
        with urlopen(f"http://{self.local.environment['TURNLOG_HTTP']}/metrics", timeout=60) as answer:
            content: bytes = answer.read()
        return content

    def read_logs(self) -> dict[str, bytes]:
        return {path.name: path.read_bytes() for path in Path(self.local.folder, "logs").iterdir()}


NUMBERS = {"output_format_json_quote_64bit_integers": "0", "output_format_json_named_tuples_as_objects": "1"}


def _escaped(value: str) -> str:
    """A parameter as ClickHouse reads it: tab separated."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\t", "\\t")


def _piece(record: Any) -> bytes:
    headers = [part for name, content in record.headers for part in (name.encode(), content or b"")]
    return b"\n".join([record.key or b"", record.value or b"", *headers])


def _parsed(row: dict[str, Any]) -> dict[str, Any]:
    """With objects instead of their JSON."""
    return row | {name: orjson.loads(row[name]) for name in IN_JSON if isinstance(row.get(name), str) and row[name]}


def own_key(case: Case) -> bytes:
    return scope_key(case.org, case.user)


def value_of(letter: Row) -> bytes:
    return base64.b64decode(letter["value"])
