"""The whole of turnlog as a user runs it, with `rules` as its extractor, and a way to ask what can be read."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from schemas.job import END_STATES
from streams.adapters.clickhouse import Database, open_database
from streams.adapters.kafka import open_kafka
from streams.admin.lag import LagMeter
from streams.local.background import read_run
from streams.settings import Settings
from tests.benchmarks.kafka import Kafka
from tests.integration.local import Local

RULES = {"TURNLOG_EXTRACTOR": "rules"}
_ENDED = ", ".join(f"'{state}'" for state in END_STATES)
TURNS = "SELECT count() AS n FROM turnlog.turns"
JOBS_ENDED = f"SELECT countIf(state IN ({_ENDED})) AS n FROM turnlog.jobs"
FACTS = "SELECT count() AS n FROM turnlog.facts"
STORED_BYTES = "SELECT sum(bytes_on_disk) AS n FROM system.parts WHERE active AND database = 'turnlog_data'"
POLL_S = 0.1


class Stack(Local):
    """Running; `kafka` and `database` reach its services."""

    settings: Settings
    kafka: Kafka
    database: Database

    def __enter__(self) -> "Stack":
        super().__enter__()
        run = read_run(self.folder)
        assert run is not None
        self.kafka = Kafka(run.endpoints.kafka, self.folder / "kafka")
        self.settings = Settings().model_copy(update=run.endpoints._asdict())
        self.database = open_database(self.settings, database=self.settings.clickhouse_database)
        return self

    def __exit__(self, *why: object) -> None:
        if hasattr(self, "database"):
            self.database.close()
        super().__exit__(*why)

    def wait_until_all_is_visible(self, limit_s: float) -> float:
        """Until no stage has anything to read: the sinks go on only behind rows that can be read -> when (epoch s).

        Asking Kafka takes less from those at work than counting rows would.
        """
        return asyncio.run(asyncio.wait_for(self._no_lag(), limit_s))

    async def _no_lag(self) -> float:
        async with open_kafka(self.settings) as kafka:
            meter = LagMeter(kafka, self.settings)
            while True:
                if not any(lag.records for lag in await meter.measure()):
                    return time.time()
                await asyncio.sleep(POLL_S)

    def sizes(self) -> dict[str, int]:
        """Bytes on the broker's disk, by topic."""
        return {topic: self.kafka.size(topic) for topic in sorted(self.kafka.topics())}

    def count(self, sql: str) -> int:
        (row,) = self.database.query(sql)
        return int(next(iter(row.values())))


@contextmanager
def fresh_stack(**settings: str) -> Iterator[Stack]:
    """On a folder of its own, which is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="turnlog-bench-") as folder, Stack(Path(folder), **RULES, **settings) as up:
        yield up
