"""How everything is: what can be reached, what runs, how far behind it is, what waits longest."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from platform import python_version
from typing import Any, NamedTuple, TypeVar

from streams.adapters.clickhouse import Database, open_database
from streams.adapters.kafka import open_kafka
from streams.admin.lag import LagMeter, StageLag
from streams.admin.live import follow_live
from streams.admin.migrate import migrations
from streams.admin.topics import verify_topics
from streams.engine.note import Note, unpack
from streams.errors import TurnlogError
from streams.query import reads
from streams.settings import Settings

T = TypeVar("T")
LIBRARIES = ("turnlog", "faust-streaming", "aiokafka", "clickhouse-connect")


class Part(NamedTuple):
    """Something that must work, and what there is to say about it."""

    name: str
    healthy: bool
    detail: str


class StageStatus(NamedTuple):
    """A stage: how many consumers its group has, the records it has still to read, and since when the oldest waits.

    `suspects`: partitions where it handles records one by one, because one of them crashed it.
    """

    stage: str
    workers: int
    lag: int
    oldest: datetime | None = None
    suspects: int = 0


class Status(NamedTuple):
    """All of it at one moment. `oldest`: the job that waits longest, if one does; `stuck`: jobs that wait too long;
    `given_up`: dead letters INTERNAL of a day."""

    parts: tuple[Part, ...]
    stages: tuple[StageStatus, ...]
    open_jobs: int | None
    oldest: Mapping[str, Any] | None
    versions: Mapping[str, str]
    stuck: int | None = None
    given_up: int | None = None

    @property
    def healthy(self) -> bool:
        return all(part.healthy for part in self.parts)


async def look_at(settings: Settings) -> Status:
    """Ask every part; one that does not answer is unhealthy and keeps nothing else from being asked."""
    versions = {name: _version(name) for name in LIBRARIES} | {"python": python_version()}
    with suppress(TurnlogError):  # a database that is away is told below
        settings = await asyncio.to_thread(follow_live, settings)
    parts, stages = await _look_at_kafka(settings)
    database = open_database(settings, database=settings.clickhouse_database)
    try:
        of_database, jobs = await asyncio.to_thread(_look_at_clickhouse, database, versions)
    finally:
        database.close()
    oldest = jobs if jobs and jobs["job_id"] is not None else None
    opened, stuck, given_up = (jobs["open_jobs"], jobs["stuck_jobs"], jobs["given_up"]) if jobs else (None, None, None)
    return Status((*parts, *of_database), stages, opened, oldest, versions, stuck, given_up)


async def _look_at_kafka(settings: Settings) -> tuple[list[Part], tuple[StageStatus, ...]]:
    try:
        async with open_kafka(settings, timeout_s=5) as kafka:
            parts = [Part("kafka", True, settings.kafka)]
            try:
                names = await verify_topics(kafka, settings)
                parts.append(Part("topics", True, f"{len(names)} as they must be"))
            except TurnlogError as error:
                return [*parts, Part("topics", False, str(error))], ()
            meter = LagMeter(kafka, settings)
            lags = await meter.measure()
            members = {lag.stage: await kafka.members(lag.group) for lag in lags}
            oldest = await asyncio.gather(*(meter.oldest(lag) for lag in lags))
            notes = {lag.stage: [unpack(text) for text in (await kafka.notes(lag.group)).values()] for lag in lags}
            parts += [_workers(lags, members), *_bursts(notes)]
            return parts, tuple(
                StageStatus(lag.stage, members[lag.stage], lag.records, _time(time), _suspects(notes[lag.stage]))
                for lag, time in zip(lags, oldest, strict=True)
            )
    except TurnlogError as error:
        return [Part("kafka", False, str(error))], ()


def _time(ms: int | None) -> datetime | None:
    return None if ms is None else datetime.fromtimestamp(ms / 1000, UTC)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed as a package"


def _workers(lags: tuple[StageLag, ...], members: Mapping[str, int]) -> Part:
    idle = [lag.stage for lag in lags if not members[lag.stage]]
    return Part("workers", not idle, f"nobody runs {', '.join(idle)}" if idle else "every stage runs")


def _suspects(notes: Sequence[Note]) -> int:
    return sum(note.crashes > 0 for note in notes)


def _bursts(notes: Mapping[str, Sequence[Note]]) -> list[Part]:
    """Stages that gave up one record after the other, and will give up none before one goes well."""
    return [
        Part(
            stage,
            False,
            f"gave up {max(note.letters for note in found)} records in a row (turnlog dead-letters) and stops at the"
            " next that crashes it: start a version or settings that can take it",
        )
        for stage, found in notes.items()
        if any(note.is_burst for note in found)
    ]


def _look_at_clickhouse(database: Database, versions: dict[str, str]) -> tuple[list[Part], Mapping[str, Any] | None]:
    server, answered = _ask("clickhouse", lambda: str(database.query("SELECT version() AS version")[0]["version"]))
    if answered is None:
        return [server], None
    versions["clickhouse"] = answered
    jobs, found = _ask("views", lambda: reads.oldest_open_job(database))
    return [server, jobs._replace(detail=f"{len(migrations())} migrations known") if jobs.healthy else jobs], found


def _ask(name: str, question: Callable[[], T]) -> tuple[Part, T | None]:
    try:
        answer = question()
    except TurnlogError as error:
        return Part(name, False, str(error)), None
    return Part(name, True, str(answer)), answer
