"""turnlog on a folder of its own, as a user runs it, and what a run of the workload is compared by."""

import json
import os
import signal
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import islice, takewhile
from pathlib import Path
from typing import Any, NamedTuple

from streams.adapters.clickhouse import Database, open_database
from streams.errors import TransientError
from streams.local.background import read_run
from streams.query.dump import dump
from streams.settings import Settings
from tests.faults.model import NAME, RecordingModel
from tests.faults.oracle import Expected, wrongly_stored
from tests.faults.watch import Watch
from tests.faults.workload import GAP_S
from tests.integration.local import QUIET, Local

PARTITIONS = 4
SETTINGS = {
    "TURNLOG_PARTITIONS": str(PARTITIONS),
    "TURNLOG_CALLS": "8",
    "TURNLOG_WINDOW_TURNS": "6",
    "TURNLOG_WINDOW_GAP_S": str(GAP_S),
    "TURNLOG_EXTRACTOR": "openai",
    "TURNLOG_MODEL": NAME,
    "TURNLOG_PRICES": json.dumps({NAME: {"in": 0.4, "out": 1.6, "cached": 0.1}}),
}
OURS = ("TURNLOG_", "OPENAI_")
SHOWN = 20
"""Differences that are printed."""
LENGTH, AROUND = 200, 60
"""Letters of a line that are printed, and around the place where two part."""


class Paid(NamedTuple):
    """What the ledger says of questions to the model."""

    answered: int
    calls: int


class Stack(Local):
    """A `Local` without any setting from outside; asks ClickHouse itself, which is faster than commands."""

    def __init__(self, folder: Path, model: RecordingModel, **settings: str) -> None:
        told = SETTINGS | {"TURNLOG_OPENAI_API_KEY": model.key, "TURNLOG_OPENAI_BASE_URL": model.url} | settings
        super().__init__(folder, **told)
        theirs = {name for name in os.environ if name.startswith(OURS)} - {"TURNLOG_STATE_DIR", *told}
        self.environment = {name: value for name, value in self.environment.items() if name not in theirs}
        self.environment["TURNLOG_STATE_DIR"] = str(folder)

    def settings(self) -> Settings:
        """With which our own clients reach its services."""
        run = read_run(self.folder)
        assert run is not None, f"no stack runs in {self.folder}"
        return Settings(partitions=PARTITIONS).model_copy(update=run.endpoints._asdict())

    def age_s(self, name: str) -> float:
        """How long it has been running as this part; 0 where it waits for its next start."""
        run = read_run(self.folder)
        part = run.parts.get(name) if run else None
        return time.time() - part.started if part and part.pid is not None and part.started else 0.0

    def pids(self) -> dict[str, int | None]:
        """Of every part; None for one that waits for its next start."""
        run = read_run(self.folder)
        return {name: part.pid for name, part in run.parts.items()} if run else {}

    def kill(self, name: str) -> int:
        """SIGKILL to a part that runs -> its process id. Raises ProcessLookupError where it does not."""
        pid = self.pids().get(name)
        if pid is None:
            raise ProcessLookupError(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    def exits(self) -> dict[str, dict[str, int]]:
        """How often parts ended by themselves, by part and exit code; kills are none."""
        run = read_run(self.folder)
        told = {name: part.exits for name, part in run.parts.items()} if run else {}
        ours = {
            name: {str(code): number for code, number in exits.items() if code != -signal.SIGKILL}
            for name, exits in told.items()
        }
        return {name: exits for name, exits in ours.items() if exits}


@contextmanager
def running(stack: Stack) -> Iterator[Settings]:
    """`turnlog up`, and `turnlog down` whatever happens."""
    try:
        stack("up", limit=300)
        yield stack.settings()
    finally:
        stack("down", limit=120)


@contextmanager
def reading(settings: Settings) -> Iterator[Database]:
    database = open_database(settings)
    try:
        yield database
    finally:
        database.close()


def wait_until_quiet(database: Database, watch: Watch, *, records: int, limit_s: float) -> None:
    """Until every record is accounted for, every job has ended and no stage has anything left to read."""
    deadline, lags, row = time.monotonic() + limit_s, watch.lags(), dict[str, Any]()
    while lags is None or any(lags.values()) or row.get("accounted", 0) < records or row.get("open"):
        if time.monotonic() > deadline:
            raise AssertionError(f"not quiet after {limit_s:.0f} s: lags {lags}, {row} of {records} records")
        time.sleep(0.2)
        lags = watch.lags()
        if lags is None or any(lags.values()):
            continue
        with suppress(TransientError):
            (row,) = database.query(QUIET)


def dumped(database: Database) -> list[str]:
    return [line.decode() for line in dump(database, "turnlog")]


def differences(undisturbed: Sequence[str], found: Sequence[str]) -> list[str]:
    """Lines of one dump that the other does not hold; where they come in pairs, each pair with where it differs."""
    if list(undisturbed) == list(found):
        return []
    here, there = Counter(undisturbed), Counter(found)
    missing, added = sorted((here - there).elements()), sorted((there - here).elements())
    if len(missing) == len(added):
        told = [contrast(*pair) for pair in zip(missing, added, strict=True)]
    else:
        told = [f"- {line[:LENGTH]}" for line in missing] + [f"+ {line[:LENGTH]}" for line in added]
    return told or ["the same lines in another order"]


def contrast(expected: str, found: str) -> str:
    """How two lines begin, and where they part."""
    alike = takewhile(lambda pair: pair[0] == pair[1], zip(expected, found, strict=False))
    at = max(0, sum(1 for _ in alike) - AROUND)
    return f"{expected[:LENGTH]} ... {expected[at : at + 2 * AROUND]} <> {found[at : at + 2 * AROUND]}"


def lost_and_doubled(database: Database, expected: Expected, views: str = "turnlog") -> list[str]:
    """What is stored against what was sent: turns lost, doubled, unknown or altered; dead letters likewise."""
    turns = database.query(
        "SELECT org_id, user_id, session_id, event_id, role, text, toUnixTimestamp64Milli(said_at) AS said_at "
        f"FROM {views}.turns"
    )
    return wrongly_stored(expected, turns, database.query(f"SELECT code, sha256 FROM {views}.dead_letters"))


def paid(database: Database) -> Paid:
    (row,) = database.query(
        "SELECT uniqExact(extraction_key) AS answered, sum(attempts) AS calls "
        "FROM turnlog.extractions WHERE attempts > 0 AND NOT journal_hit"
    )
    return Paid(**row)


def first(lines: Sequence[str]) -> str:
    """The first of many lines."""
    return "\n".join([*islice(lines, SHOWN), *([f"... {len(lines)} in all"] if len(lines) > SHOWN else [])])
