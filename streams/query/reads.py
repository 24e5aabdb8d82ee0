"""What a reader may ask. Whoever asks about people names their scope; what spans scopes is for operators.

`client` looks up names in the database of the public views: `open_database(settings, database=...)`.
"""

from collections.abc import Mapping
from typing import Any

from streams.adapters.clickhouse import Database
from streams.query.load import load
from streams.query.results import Fact, Letter, Totals

QUERIES = load("streams.query")
SHORTEST_BEGINNING = 8
Row = Mapping[str, Any]


def facts(client: Database, org_id: str, user_id: str, *, status: str = "active", limit: int = 1_000) -> list[Fact]:
    """What is known about a person now; `status` "": superseded facts too."""
    rows = QUERIES["facts_of_scope"].run(client, org_id=org_id, user_id=user_id, status=status, limit=limit)
    return [Fact(**row) for row in rows]


def latest_jobs(
    client: Database, *, org_id: str = "", user_id: str = "", state: str = "", limit: int = 50
) -> list[Row]:
    """The jobs accepted last; "" asks for all."""
    return list(QUERIES["jobs_latest"].run(client, org_id=org_id, user_id=user_id, state=state, limit=limit))


def jobs_by_id(client: Database, job_id: str) -> list[Row]:
    """All that is known of the jobs with this id; where none has it, of those whose id begins with it."""
    found = QUERIES["jobs_by_id"].run(client, job_id=job_id)
    if not found and len(job_id) >= SHORTEST_BEGINNING:
        found = QUERIES["jobs_by_beginning"].run(client, beginning=job_id)
    return list(found)


def oldest_open_job(client: Database) -> Row:
    """`open_jobs`, `stuck_jobs`, `given_up` and the one accepted first, whose fields are None when there is none."""
    (row,) = QUERIES["jobs_open"].run(client)
    return row


def dead_letters(client: Database, *, org_id: str = "", limit: int = 100) -> list[Letter]:
    """What could not be processed, the latest first; `org_id` "": of all organisations."""
    rows = QUERIES["dead_letters_recent"].run(client, org_id=org_id, limit=limit)
    return [Letter(**row) for row in rows]


def totals(client: Database) -> Totals:
    """How much went in and what became of it, over all scopes."""
    (row,) = QUERIES["totals"].run(client)
    states = QUERIES["jobs_by_state"].run(client)
    return Totals(**row, jobs={each["state"]: each["jobs"] for each in states})
