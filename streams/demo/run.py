"""Publish a file and watch until every job of it has ended and every number adds up."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

from schemas.topics import app_id
from streams.adapters.clickhouse import Database, open_database
from streams.adapters.kafka import KafkaAdmin, Place, open_kafka
from streams.adapters.kafka_publisher import open_publisher
from streams.admin.lag import LagMeter
from streams.admin.topics import find_record_limit
from streams.demo.conversations import Conversations
from streams.demo.moment import Moment, Sent, is_finished, still_open
from streams.demo.queries import Counted, FactOfRun, JobOfRun, Run, count, count_jobs, facts, jobs
from streams.demo.totals import Equation, RunTotals, equations, run_totals, subtract
from streams.publish.publish import Incomplete, Published, publish
from streams.query.reads import dead_letters
from streams.query.results import Letter
from streams.settings import Settings
from streams.topology import NAMES

LOOK_EVERY_S = 0.3
AT_REST_S = 10.0
"""Once nothing is under way numbers that do not add up by then never will."""
SHOWN = 200

Show = Callable[[Moment], None]


class Report(NamedTuple):
    """How a run ended. Of jobs, facts and dead letters only so many are here as a screen can show."""

    totals: RunTotals
    equations: tuple[Equation, ...]
    jobs_of_run: Mapping[str, int]
    jobs: list[JobOfRun]
    facts: list[FactOfRun]
    letters: list[Letter]


class Watch(NamedTuple):
    """What a run is watched with."""

    settings: Settings
    kafka: KafkaAdmin
    meter: LagMeter
    database: Database
    patience_s: float


async def run_demo(source: Conversations, settings: Settings, show: Show, *, patience_s: float = 120.0) -> Report:
    """Publish the file to a running stack and wait until it is processed; `show` is called a few times a second.

    What an earlier run left unfinished is waited for first. Raises Incomplete when nothing moves for `patience_s`,
    or when numbers do not add up although nothing is under way.
    """
    async with _watching(settings, patience_s) as watch:
        before, run = await _begin(watch, show)
        started = time.monotonic()
        published = Published()
        publishing = asyncio.create_task(_publish(source, watch, published))
        try:
            end = await _follow(watch, run, before, published, publishing, show)
        finally:
            publishing.cancel()
            with suppress(asyncio.CancelledError):
                await publishing
        seconds = time.monotonic() - started
        return await asyncio.to_thread(_report, watch.database, run, end, seconds)


@asynccontextmanager
async def _watching(settings: Settings, patience_s: float) -> AsyncIterator[Watch]:
    database = open_database(settings, database=settings.clickhouse_database)
    try:
        async with open_kafka(settings) as kafka:
            yield Watch(settings, kafka, LagMeter(kafka, settings), database, patience_s)
    finally:
        database.close()


async def _begin(watch: Watch, show: Show) -> tuple[Counted, Run]:
    """Wait until every stage runs and nothing is under way, then note where everything stands."""
    await _wait_for_workers(watch)
    topic = watch.settings.turns_topic
    nothing = Run(topic, (1 << 62,) * watch.settings.partitions, 0)
    zero = await asyncio.to_thread(count, watch.database)
    await _until(watch, nothing, zero, lambda: Sent(done=True), lambda moment: moment.at_rest, show)
    ends = await watch.kafka.ends(Place(topic, number) for number in range(watch.settings.partitions))
    starts = tuple(ends[Place(topic, number)] for number in range(watch.settings.partitions))
    since = int(time.time() * 1000)
    return await asyncio.to_thread(count, watch.database), Run(topic, starts, since)


async def _wait_for_workers(watch: Watch) -> None:
    """Until every stage has joined its group: how long Python takes to start says nothing about the flow."""
    groups = {stage: app_id(stage, watch.settings.generation) for stage in NAMES}
    deadline = time.monotonic() + watch.patience_s
    while missing := [stage for stage, group in groups.items() if not await watch.kafka.members(group)]:
        if time.monotonic() > deadline:
            raise Incomplete(f"nobody runs {', '.join(missing)}")
        await asyncio.sleep(LOOK_EVERY_S)


async def _publish(source: Conversations, watch: Watch, published: Published) -> None:
    topic = watch.settings.turns_topic
    limit = await find_record_limit(watch.kafka, topic)
    async with open_publisher(watch.settings, max_record=limit, patience_s=watch.patience_s) as publisher:
        await publish(source.entries(), publisher, topic, published)


async def _follow(
    watch: Watch, run: Run, before: Counted, published: Published, publishing: asyncio.Task[None], show: Show
) -> Moment:
    def sent() -> Sent:
        if publishing.done():
            publishing.result()  # raises what stopped it
            _refuse_partial(published)
        return Sent(
            published.acknowledged, published.submissions, published.controls, published.turns, publishing.done()
        )

    return await _until(watch, run, before, sent, is_finished, show)


def _refuse_partial(published: Published) -> None:
    if not published.complete:
        reason = published.trouble or (published.failures[0].reason if published.failures else "no answer")
        raise Incomplete(f"{published.sent - published.acknowledged} records were not acknowledged: {reason}")


async def _until(
    watch: Watch,
    run: Run,
    before: Counted,
    sent: Callable[[], Sent],
    reached: Callable[[Moment], bool],
    show: Show,
) -> Moment:
    """Look until the moment is reached. Raises Incomplete when nothing changes any more."""
    last, changed = None, time.monotonic()
    while True:
        began = time.monotonic()
        moment = await _look(watch, run, before, sent())
        show(moment)
        if reached(moment):
            return moment
        if moment != last:
            last, changed = moment, time.monotonic()
        elif time.monotonic() - changed > (AT_REST_S if moment.at_rest else watch.patience_s):
            raise Incomplete("nothing moves any more, and this is still open: " + "; ".join(still_open(moment)))
        # looking is work for the database too: at most half of the time
        await asyncio.sleep(max(LOOK_EVERY_S, time.monotonic() - began))


async def _look(watch: Watch, run: Run, before: Counted, sent: Sent) -> Moment:
    """`sent` is taken before the lag, and the lag before the numbers."""
    lag = await watch.meter.measure()
    after = await asyncio.to_thread(count, watch.database)
    states = await asyncio.to_thread(count_jobs, watch.database, run)
    return Moment(sent, lag, subtract(after, before), states)


def _report(database: Database, run: Run, end: Moment, seconds: float) -> Report:
    letters = end.counted.totals.dead_letters
    return Report(
        run_totals(end.sent.submissions, end.counted, seconds),
        equations(end.sent.submissions, end.sent.controls, end.counted),
        end.jobs,
        jobs(database, run, SHOWN),
        facts(database, run, SHOWN),
        dead_letters(database, limit=min(letters, SHOWN)) if letters else [],
    )
