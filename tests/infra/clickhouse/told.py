"""A few conversations through all stages into a database: what the views and queries are asked about."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import orjson

from streams.extract.agents import build as build_extract
from streams.ids import scope_key
from streams.ingest.agents import build as build_ingest
from streams.partitioning import partition_of
from streams.ports import Chunk, Headers
from streams.resolve.agents import build as build_resolve
from streams.settings import Settings
from streams.sink.agents import build_writer
from streams.window.agents import build as build_window
from tests.samples.test_flow import PARTITIONS, Topics
from tests.streams.sink.store import Store

Fields = dict[str, Any]
START = int(datetime(2024, 1, 1, 12, tzinfo=UTC).timestamp())
DAY = 86_400
APPENDED = (START + 100 * DAY) * 1000
HEADERS = (("trace-id", b"trace-7"), ("correlation-id", b"order 1"), ("ce_type", b"said"))
ODD = "Straße 50% off_er 'quoted' C:\\dir 👩‍👩‍👧 in İstanbul, IĞDIR; 我喜欢东京塔。"


class Log(Topics):
    """Topics whose records were written long ago."""

    def write(self, topic: str, partition: int, key: bytes | None, value: bytes | None, headers: Headers) -> None:
        super().write(topic, partition, key, value, headers)
        log = self.records[topic, partition]
        log[-1] = log[-1]._replace(timestamp=APPENDED + 1000 * len(log))


def said(text: str, day: int, **fields: Any) -> Fields:
    return {"role": "user", "name": "Mia", "text": text, "timestamp": START + day * DAY, **fields}


FIRST: Fields = {
    "job_id": "first",
    "title": "Moving",
    "tags": ["vip", "crm"],
    "document_id": "doc-1",
    "collection_id": "letters",
    "metadata": {"year": 2024, "score": 0.5, "open": True, "a.b": "dotted"},
    "turns": [said("I live in Berlin.", 0), said("My sister is called Eva.", 0), said("My sister lives in Paris.", 1)],
}
MIA: list[Fields] = [
    FIRST,
    FIRST,
    {"job_id": "second", "turns": [said("I live in Berlin.", 0), said("I moved to Oslo.", 10)]},
    {"job_id": "secret", "turns": [said("My key is AKIAIOSFODNN7EXAMPLE, keep it.", 11)]},
    {"type": "session_ended"},
    {"job_id": "waits", "session_id": "open", "turns": [said("I like tea.", 12)]},
    {"job_id": "wrong", "turns": [said("Hi", 1), said("Hi", 2, role="robot")]},
]
BEN: list[Fields] = [
    {"job_id": "odd", "options": {"infer": False}, "turns": [said(ODD, 3, name="Ben")]},
    {"type": "session_ended"},
]


async def run(settings: Settings) -> Log:
    """Every stage over the conversations, with those of Mia and Ben told in another organisation too."""
    log = Log()
    for org_id in ("acme", "evil"):
        for user_id, entries in (("mia", MIA), ("ben", BEN)):
            key = scope_key(org_id, user_id)
            for entry in entries:
                value = orjson.dumps({"org_id": org_id, "user_id": user_id, "session_id": "talk"} | entry)
                headers = HEADERS if entry.get("job_id") == "first" else ()
                log.write("turns", partition_of(key, PARTITIONS), key, value, headers)
    for build, topic in (
        (build_ingest, "turns"),
        (build_window, "conversations"),
        (build_extract, "extractions"),
        (build_resolve, "results"),
    ):
        await log.run(build(settings), topic)
    return log


def tell(store: Store) -> Log:
    """Put what came of them into a database."""

    async def write() -> Log:
        log = await run(Settings(partitions=PARTITIONS))
        lane = build_writer(store.settings)(0)
        for (topic, partition), records in log.records.items():
            if topic in ("conversations", "results", "dead-letters", "facts.g1", "jobs.g1"):
                await lane.write(Chunk(topic, partition, records, 0, len(records) + 1))
        return log

    return asyncio.run(write())
