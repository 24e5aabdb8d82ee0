"""What a reader may ask. Whoever asks about people names their scope; what spans scopes is for operators.

`client` looks up names in the database of the public views: `open_database(settings, database=...)`.
"""

from streams.adapters.clickhouse import Database
from streams.query.load import QUERIES
from streams.query.results import EvidenceTurn, Fact, Held, Job, Letter, StoredTurn, Totals


def facts(client: Database, org_id: str, user_id: str, *, status: str = "active", limit: int = 1_000) -> list[Fact]:
    """What is known about a person now; `status` "": superseded facts too."""
    rows = QUERIES["facts_of_scope"].run(client, org_id=org_id, user_id=user_id, status=status, limit=limit)
    return [Fact(**row) for row in rows]


def evidence(client: Database, org_id: str, user_id: str, fact_id: str = "") -> list[EvidenceTurn]:
    """The turns that prove one fact of a person, or all of them."""
    rows = QUERIES["evidence_of_scope"].run(client, org_id=org_id, user_id=user_id, fact_id=fact_id)
    return [EvidenceTurn(**row) for row in rows]


def history(client: Database, org_id: str, user_id: str) -> list[Held]:
    """When each fact of a person held."""
    return [Held(**row) for row in QUERIES["history_of_scope"].run(client, org_id=org_id, user_id=user_id)]


def turns(client: Database, org_id: str, user_id: str, session_id: str, *, limit: int = 1_000) -> list[StoredTurn]:
    """A conversation as it was said."""
    rows = QUERIES["turns_of_conversation"].run(
        client, org_id=org_id, user_id=user_id, session_id=session_id, limit=limit
    )
    return [StoredTurn(**row) for row in rows]


def jobs(client: Database, org_id: str, user_id: str, *, state: str = "", limit: int = 100) -> list[Job]:
    """A person's jobs, the latest first."""
    rows = QUERIES["jobs_of_scope"].run(client, org_id=org_id, user_id=user_id, state=state, limit=limit)
    return [Job(**row) for row in rows]


def job(client: Database, org_id: str, user_id: str, job_id: str) -> Job | None:
    """One job, or None while nothing of it has arrived."""
    rows = QUERIES["job"].run(client, org_id=org_id, user_id=user_id, job_id=job_id)
    return Job(**rows[0]) if rows else None


def dead_letters(client: Database, *, org_id: str = "", limit: int = 100) -> list[Letter]:
    """What could not be processed, the latest first; `org_id` "": of all organisations."""
    rows = QUERIES["dead_letters_recent"].run(client, org_id=org_id, limit=limit)
    return [Letter(**row) for row in rows]


def totals(client: Database) -> Totals:
    """How much went in and what became of it, over all scopes."""
    (row,) = QUERIES["totals"].run(client)
    states = QUERIES["jobs_by_state"].run(client)
    return Totals(**row, jobs={each["state"]: each["jobs"] for each in states})
