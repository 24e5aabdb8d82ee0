"""One run of the whole product: topics and tables of its own on services that a test started, and its dump.

What the faults do to it, and with how many workers, is the test's; `undisturbed` is what they are compared with.
"""

import asyncio
import difflib
import itertools
import os
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from schemas.job import END_STATES
from streams.adapters.clickhouse import Database
from streams.adapters.kafka import open_kafka
from streams.admin.lag import LagMeter
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from streams.query.dump import dump
from streams.settings import Settings
from tests.deployment.production import PARTITIONS, Production
from tests.faults.cells import REFUSED
from tests.faults.cluster_load import Publisher
from tests.faults.group import Members
from tests.faults.oracle import expected as what_is_expected
from tests.faults.stack import first, lost_and_doubled
from tests.faults.workload import GAP_S, Sent

WINDOWS = {"TURNLOG_WINDOW_TURNS": "4", "TURNLOG_WINDOW_GAP_S": str(GAP_S)}
"""Small, so that every stage has work from the first seconds on."""
QUICK = {"TURNLOG_SESSION_TIMEOUT_S": "5"}
STILL_S = 3.0
"""What is equal must be equal so much later too: nobody writes any more."""
_numbers = itertools.count(1)
_dumps: dict[tuple[object, ...], list[str]] = {}


class Run(Production):
    """Made ready for workers, none of which runs yet. As a context it forgets its tables at the end."""

    def __init__(self, folder: Path, kafka: LocalKafka, clickhouse: LocalClickHouse, **settings: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.database = f"run{os.getpid()}x{next(_numbers)}"
        super().__init__(
            folder, kafka, clickhouse,
            **{**WINDOWS, **QUICK, "TURNLOG_CLICKHOUSE_DATABASE": self.database, **settings},
        )  # fmt: skip
        self.environment |= {name: value for name, value in settings.items() if name == "TURNLOG_KAFKA"}

    def __enter__(self) -> "Run":
        self("topics", "ensure")
        self("migrate")
        return self

    def __exit__(self, *_: object) -> None:
        for database in (self.database, f"{self.database}_data"):
            self.execute(f"DROP DATABASE IF EXISTS {database} SYNC")

    def lags(self) -> Mapping[str, int]:
        """Records that each stage has still to read."""
        settings = Settings(kafka=self.environment["TURNLOG_KAFKA"], partitions=PARTITIONS)

        async def ask() -> Mapping[str, int]:
            async with open_kafka(settings) as kafka:
                return {lag.stage: lag.records for lag in await LagMeter(kafka, settings).measure()}

        return asyncio.run(ask())

    def open_jobs(self) -> int:
        ended = ", ".join(f"'{state}'" for state in END_STATES)
        (row,) = self.sql(f"SELECT count() AS n FROM {self.database}.jobs WHERE state NOT IN ({ended})")
        return int(row["n"])

    def wait_until_quiet(self, records: int = 0, *, limit: float = 600) -> None:
        """Until no stage has anything left to read and every job has ended, seen twice."""
        deadline, seen = time.monotonic() + limit, 0
        while seen < 2:
            lags, open_jobs = self.lags(), self.open_jobs()
            assert time.monotonic() < deadline, f"not quiet after {limit:.0f} s: {lags}, {open_jobs} open jobs"
            seen = seen + 1 if not any(lags.values()) and not open_jobs else 0
            time.sleep(0.5)

    def lines(self) -> list[str]:
        """The canonical dump."""
        database = Database(self.environment["TURNLOG_CLICKHOUSE"])
        try:
            return [line.decode() for line in dump(database, self.database)]
        finally:
            database.close()

    def must_equal(self, expected: Sequence[str]) -> None:
        """Once it is quiet: fails unless the dump is the expected one, at once and a little later."""
        for pause in (0, STILL_S):
            time.sleep(pause)
            found = self.lines()
            assert found == expected, first_differences(expected, found)

    def lost_and_doubled(self, sent: Sequence[Sent]) -> list[str]:
        """What is stored against what was sent."""
        return lost_and_doubled(self._database, what_is_expected(sent), self.database)


def undisturbed(
    records: Sequence[Sent],
    folder: Path,
    clickhouse: LocalClickHouse,
    settings: Mapping[str, str] = MappingProxyType({}),
) -> list[str]:
    """The dump of a run over these records that nothing happens to; the second time the same one.

    Fails where even that is not what was sent, or where one of its processes ended.
    """
    known = (hash(tuple(records)), tuple(sorted(settings.items())))
    if known not in _dumps:
        with LocalKafka(folder / "kafka") as kafka, running(folder, kafka, clickhouse, **settings) as (run, members):
            members.start("only")
            Publisher(kafka.address, records).finish()
            run.wait_until_quiet()
            exits = [(stage, code) for stage, code in members.exits() if code not in REFUSED]
            stored = run.lost_and_doubled(records)
            assert not exits, f"processes of the undisturbed run ended: {exits}"
            assert not stored, f"the undisturbed run differs from what was sent:\n{first(stored)}"
            _dumps[known] = run.lines()
    return _dumps[known]


@contextmanager
def running(
    folder: Path, kafka: LocalKafka, clickhouse: LocalClickHouse, **settings: str
) -> Iterator[tuple[Run, Members]]:
    """A run that is ready, and its workers, who do not outlive it."""
    with Run(folder, kafka, clickhouse, **settings) as run, Members(run.folder, run.environment) as members:
        yield run, members


def first_differences(expected: Sequence[str], found: Sequence[str]) -> str:
    lines = difflib.unified_diff(expected, found, "undisturbed", "disturbed", n=0, lineterm="")
    return "\n".join(line[:600] for line in islice(lines, 20))
