"""The part `sink`: rows a second into the local ClickHouse, 10,000 an insert, each of another scope.

What is inserted are the rows that the sink makes of the published examples.
"""

import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

from streams.adapters.clickhouse import Database
from streams.admin.migrate import migrate
from streams.local.clickhouse.local import LocalClickHouse
from streams.sink.rows import rows_of
from streams.sink.tables import EXTRACTIONS, FACTS, JOB_PARTS, SUBMISSIONS, TURNS, Table
from tests.benchmarks.asked import Asked
from tests.benchmarks.results import Figure, require_same
from tests.streams.sink.store import event_record

PART = "sink"
ROWS, INSERTS = 10_000, 10


class Kind(NamedTuple):
    """Rows of one table, and whose examples they are made of."""

    table: Table
    event: str
    topic: str


KINDS = (
    Kind(JOB_PARTS, "JobChanged", "jobs.g1"),
    Kind(SUBMISSIONS, "SubmissionAccepted", "conversations"),
    Kind(TURNS, "SubmissionAccepted", "conversations"),
    Kind(EXTRACTIONS, "WindowExtracted", "results"),
    Kind(FACTS, "FactRecorded", "facts.g1"),
)


def sink(asked: Asked) -> None:
    require_same(asked.results, PART, f"{INSERTS} inserts of {ROWS} rows")
    for number in range(asked.results.rounds_of(PART) + 1, asked.rounds + 1):
        for name, value in one_round():
            asked.results.figures.append(Figure(part=PART, round=number, name=name, value=value, unit="rows/s"))
            asked.tell(f"round {number} {name}: {value:,.0f} rows/s")
        asked.keep()


def one_round() -> Iterator[tuple[str, float]]:
    with tempfile.TemporaryDirectory(prefix="turnlog-bench-") as folder, LocalClickHouse(Path(folder)) as server:
        database = Database(server.address)
        try:
            migrate(database, "turnlog", "")
            for kind in KINDS:
                yield kind.table.name, ROWS / median(timed(database, kind))
        finally:
            database.close()


def timed(database: Database, kind: Kind) -> list[float]:
    """Seconds of each insert."""
    columns, seconds = columns_of(kind), []
    for _ in range(INSERTS):
        began = time.perf_counter()
        database.insert(f"turnlog_data.{kind.table.name}", kind.table.columns, columns)
        seconds.append(time.perf_counter() - began)
    return seconds


def columns_of(kind: Kind) -> list[Sequence[Any]]:
    rows: list[Sequence[Any]] = []
    for number in range(ROWS):
        record = event_record(kind.event, topic=kind.topic, offset=number, user_id=f"user{number:06d}")
        rows += [row for table, row in rows_of(record) if table is kind.table]
    return list(zip(*rows[:ROWS], strict=True))
