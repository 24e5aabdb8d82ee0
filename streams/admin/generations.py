"""What an operator does with generations: see which there are, let readers see another one, give one up."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from schemas.extraction import GenerationDropped, WindowExtracted
from schemas.topics import BACKFILL, GENERATION_STAGES, MIB, app_id, generations_among, topics_of
from streams import codec
from streams.adapters.clickhouse import Database
from streams.adapters.kafka import KafkaAdmin
from streams.adapters.kafka_publisher import open_publisher
from streams.admin.lag import LagMeter, StageLag
from streams.admin.live import QUERIES, Live, find_dropped, find_live, flip, promoted, rolled_back
from streams.errors import ConfigurationError, TransientError
from streams.ports import Output
from streams.publish.publish import Incomplete
from streams.settings import Settings

DEFERRED = "extract (deferred)"
"""Stands among the stages that are behind, for jobs with a window that extract has put off."""
TOLD = (GenerationDropped.topic, BACKFILL, WindowExtracted.topic)
TELL_S = 30.0
LOOK_EVERY_S = 0.3


class Places(NamedTuple):
    """The connections that all of this needs."""

    settings: Settings
    kafka: KafkaAdmin
    database: Database

    @property
    def data(self) -> str:
        return f"{self.settings.clickhouse_database}_data"


class Generation(NamedTuple):
    """A generation: what it holds, what it was derived with, and how far it is behind, by stage."""

    generation: int
    live: bool
    topics: bool
    windows: int
    facts: int
    extractors: list[str]
    models: list[str]
    prompt_versions: list[str]
    behind: Mapping[str, int]

    @property
    def caught_up(self) -> bool:
        return self.topics and not self.behind


async def survey(places: Places) -> list[Generation]:
    """Every generation that has rows or topics, in order of their numbers."""
    name = places.settings.clickhouse_database
    live = await asyncio.to_thread(find_live, places.database, name)
    dropped = await asyncio.to_thread(find_dropped, places.database, name)
    rows = {row["generation"]: row for row in await asyncio.to_thread(_rows, places)}
    derived = generations_among(await places.kafka.partitions())
    numbers = sorted({*derived, *(number for number in rows if number not in dropped), live.generation})
    of_live = await _lag(places, live.generation)
    found = {live.generation: more_behind(of_live, ())}
    for number in derived - {live.generation}:
        found[number] = await _behind(places, number, live, of_live)
    return [
        _generation(number, live, rows.get(number, {}), found.get(number, {}), number in derived) for number in numbers
    ]


async def behind(places: Places, generation: int) -> Mapping[str, int]:
    """Records that a generation's stages are behind, and its jobs that wait for a deferred window.

    What the live one has not done either does not count.
    """
    live = await asyncio.to_thread(find_live, places.database, places.settings.clickhouse_database)
    return await _behind(places, generation, live, await _lag(places, live.generation))


async def promote(places: Places, generation: int, *, force: bool = False, wait_s: float = 10.0) -> Live:
    """Let readers see this generation. Nothing is done where they do already.

    Raises ConfigurationError where there is no such generation, and Incomplete, unless forced, when it is still
    behind the live one after `wait_s`.
    """
    name = places.settings.clickhouse_database
    live = await asyncio.to_thread(find_live, places.database, name)
    if live.generation == generation:
        return live
    await _refuse_unknown(places, generation)
    give_up = time.monotonic() + wait_s
    while not force and (found := await behind(places, generation)):
        if time.monotonic() > give_up:
            told = ", ".join(f"{stage} {records:,}" for stage, records in found.items())
            raise Incomplete(
                f"generation {generation} has not caught up; records behind: {told}. Do its workers run "
                f"(TURNLOG_GENERATION={generation} turnlog worker)? --force promotes it as it is"
            )
        await asyncio.sleep(LOOK_EVERY_S)
    return await asyncio.to_thread(_flip, places, promoted(live, generation))


async def roll_back(places: Places) -> Live:
    """Let readers see the generation before the live one again. Raises ConfigurationError where there is none."""
    name = places.settings.clickhouse_database
    live = await asyncio.to_thread(find_live, places.database, name)
    dropped = await asyncio.to_thread(find_dropped, places.database, name)
    return await asyncio.to_thread(_flip, places, rolled_back(live, dropped))


async def drop(places: Places, generation: int) -> list[str]:
    """Give a generation up: its rows, groups and topics -> what there was of it. Harmless the second time.

    Raises ConfigurationError for the live one, for one that never was, and for one whose workers run.
    """
    name = places.settings.clickhouse_database
    live = await asyncio.to_thread(find_live, places.database, name)
    if live.generation == generation:
        raise ConfigurationError(f"generation {generation} is live: promote another one, or roll back, first")
    dropped = await asyncio.to_thread(find_dropped, places.database, name)
    if generation not in dropped:
        await _refuse_unknown(places, generation)
    await _refuse_running(places, generation)
    return await _drop(places, generation)


async def _drop(places: Places, generation: int) -> list[str]:
    """In this order: whatever is interrupted, no worker can go on with half a generation.

    Its number is taken out of use first, and extract, which serves all, is told to ask nothing more for it. A sink that
    is without offsets would write every row again, so its group goes before the rows; the changelogs go last, because a
    stage refuses to begin anew beside one. What was asked and paid stays in the ledger: `extractions`.
    """
    await asyncio.to_thread(
        places.database.insert, f"{places.data}.generations_dropped", ("generation",), [[generation]]
    )
    await _tell_dropped(places, generation)
    await places.kafka.delete_group(app_id("sink-facts", generation))
    rows = await asyncio.to_thread(_drop_rows, places, generation)
    for stage in GENERATION_STAGES:
        await places.kafka.delete_group(app_id(stage, generation))
    found = await places.kafka.partitions()
    topics = [topic for topic in topics_of(generation) if topic in found]
    await places.kafka.delete(topics)
    return [*(f"partition {generation} of {table}" for table in rows), *(f"topic {topic}" for topic in topics)]


async def _tell_dropped(places: Places, generation: int) -> None:
    """Say it in every partition that holds what it asked, and among the results, from where `rebuild` knows it."""
    told, refused = codec.encode(GenerationDropped(generation=generation)), list[str]()
    partitions = await places.kafka.partitions()
    async with open_publisher(places.settings, max_record=MIB, patience_s=TELL_S) as publisher:
        for topic in TOLD:
            for partition in range(partitions[topic]):
                record = Output(topic, None, told, partition=partition)
                await publisher.send(record, lambda error: refused.append(error) if error else None)
        await publisher.flush()
    if refused:
        raise TransientError(
            f"Kafka was not told that generation {generation} is dropped ({refused[0]}): drop it again"
        )


def more_behind(own: Iterable[StageLag], live: Iterable[StageLag]) -> dict[str, int]:
    """Where a generation's own stages are further behind than the live one's, and what extract owes to backfills."""
    of_live = {lag.stage: lag.records for lag in live}
    found = {lag.stage: lag.records for lag in own if lag.stage in GENERATION_STAGES}
    ahead = {stage: records for stage, records in found.items() if records > of_live.get(stage, 0)}
    owed = sum(records for lag in own for place, records in lag.partitions.items() if place.topic == BACKFILL)
    return ahead | ({"extract": owed} if owed else {})


def _generation(
    number: int,
    live: Live,
    row: Mapping[str, Any],
    behind: Mapping[str, int],
    topics: bool,
) -> Generation:
    return Generation(
        number,
        number == live.generation,
        topics,
        row.get("windows", 0),
        row.get("facts", 0),
        row.get("extractors", []),
        row.get("models", []),
        row.get("prompt_versions", []),
        behind,
    )


async def _behind(places: Places, number: int, live: Live, of_live: tuple[StageLag, ...]) -> dict[str, int]:
    """Jobs are counted last: once nothing lags, whatever is deferred has been said and stands in the rows."""
    found = more_behind(await _lag(places, number), of_live)
    waiting = await asyncio.to_thread(_waiting, places, number, live.generation)
    return found | ({DEFERRED: waiting} if waiting else {})


def _waiting(places: Places, generation: int, live: int) -> int:
    rows = QUERIES["jobs_deferred"].run(places.database, data=places.data, generation=generation, live=live)
    return int(rows[0]["jobs"])


async def _lag(places: Places, generation: int) -> tuple[StageLag, ...]:
    return await LagMeter(places.kafka, places.settings.model_copy(update={"generation": generation})).measure()


def _rows(places: Places) -> list[dict[str, Any]]:
    return places.database.query(
        "SELECT * FROM {views:Identifier}.generations", {"views": places.settings.clickhouse_database}
    )


async def _refuse_unknown(places: Places, generation: int) -> None:
    if generation not in generations_among(await places.kafka.partitions()):
        raise ConfigurationError(
            f"there is no generation {generation}. To derive it, run: TURNLOG_GENERATION={generation} turnlog topics "
            f"ensure, then TURNLOG_GENERATION={generation} turnlog worker"
        )
    dropped = await asyncio.to_thread(find_dropped, places.database, places.settings.clickhouse_database)
    if generation in dropped:
        raise ConfigurationError(
            f"generation {generation} was dropped, though not to the end: turnlog generations drop {generation} ends it"
        )


async def _refuse_running(places: Places, generation: int) -> None:
    groups = {stage: app_id(stage, generation) for stage in GENERATION_STAGES}
    running = [stage for stage, group in groups.items() if await places.kafka.members(group)]
    if running:
        raise ConfigurationError(
            f"workers of generation {generation} still run ({', '.join(running)}): stop them first. Kafka misses one "
            f"that was killed after {places.settings.session_timeout_s:g} s"
        )


def _flip(places: Places, row: Live) -> Live:
    flip(places.database, places.settings.clickhouse_database, row)
    return row


def _drop_rows(places: Places, generation: int) -> list[str]:
    """The tables that had rows of it."""
    held = []
    for row in QUERIES["tables_of_generations"].run(places.database, data=places.data):
        table = f"{places.data}.{row['name']}"
        found = places.database.query(
            "SELECT count() > 0 AS any FROM {data:Identifier}.{table:Identifier} WHERE generation = {n:UInt32}",
            {"data": places.data, "table": row["name"], "n": generation},
        )
        if found[0]["any"]:
            held.append(row["name"])
        places.database.execute(f"ALTER TABLE {table} DROP PARTITION {generation:d}")
    return held
