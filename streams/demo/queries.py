"""What the demonstration asks the database, beside the totals that everybody may ask for."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from streams.adapters.clickhouse import Database
from streams.query.load import load
from streams.query.reads import totals
from streams.query.results import Totals

QUERIES = load("streams.demo")


class Counted(NamedTuple):
    """What the database holds in all. `turns_tried`: of dry runs, accepted and not stored."""

    totals: Totals
    turns_tried: int


class Run(NamedTuple):
    """The records of one run: those of the publishers' topic from an offset of each partition on."""

    topic: str
    starts: tuple[int, ...]
    since: int
    """Epoch milliseconds."""


class JobOfRun(NamedTuple):
    """A job as the demonstration shows it."""

    org_id: str
    user_id: str
    session_id: str
    job_id: str
    state: str
    reason: str | None
    turns_in: int
    turns_stored: int
    turns_duplicate: int
    turns_conflicting: int
    windows: int
    facts_created: int
    facts_reconfirmed: int


class FactOfRun(NamedTuple):
    """A fact as the demonstration shows it, with a quote that proves it."""

    org_id: str
    user_id: str
    fact_id: str
    status: str
    type: str
    content: str
    about: str
    quote: str | None
    turn_id: str
    mentioned_at: datetime


def count(client: Database) -> Counted:
    """Totals over all scopes."""
    (tried,) = QUERIES["turns_tried"].run(client)
    return Counted(totals(client), tried["turns_tried"])


def count_jobs(client: Database, run: Run) -> Mapping[str, int]:
    """How many jobs of the run stand in each state."""
    rows = QUERIES["jobs_of_run"].run(client, topic=run.topic, starts=list(run.starts))
    return {row["state"]: row["jobs"] for row in rows}


def jobs(client: Database, run: Run, limit: int) -> list[JobOfRun]:
    rows = QUERIES["jobs_listed"].run(client, topic=run.topic, starts=list(run.starts), limit=limit)
    return [JobOfRun(**row) for row in rows]


def facts(client: Database, run: Run, limit: int) -> list[FactOfRun]:
    return [FactOfRun(**row) for row in QUERIES["facts_since"].run(client, since=run.since, limit=limit)]
