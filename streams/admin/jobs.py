"""What an operator asks about jobs, over all scopes."""

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from streams.adapters.clickhouse import Database
from streams.query.load import Query, parse

Row = Mapping[str, Any]


def latest_jobs(
    client: Database, *, org_id: str = "", user_id: str = "", state: str = "", limit: int = 50
) -> list[Row]:
    """The jobs accepted last; "" asks for all."""
    return list(_query("jobs_latest").run(client, org_id=org_id, user_id=user_id, state=state, limit=limit))


def jobs_by_id(client: Database, job_id: str) -> list[Row]:
    """All that is known of the jobs with this id: one in each scope at most."""
    return list(_query("jobs_by_id").run(client, job_id=job_id))


def oldest_open_job(client: Database) -> Row:
    """`open_jobs` and the one accepted first, whose fields are None when there is none."""
    (row,) = _query("jobs_open").run(client)
    return row


def _query(name: str) -> Query:
    return parse(name, (files("streams.admin") / f"{name}.sql").read_text(encoding="utf-8"))
