"""Every query to start from gives a meaningful answer, and only for whom it is asked."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from streams.query.load import load
from tests.infra.clickhouse.told import APPENDED, DAY, ODD, START
from tests.streams.sink.store import Store

pytestmark = pytest.mark.clickhouse
QUERIES = load("infra.clickhouse.queries")
Rows = list[dict[str, Any]]
MIA = {"org_id": "acme", "user_id": "mia"}
AGES_AGO = datetime(2000, 1, 1, tzinfo=UTC)
ANSWERED = datetime.fromtimestamp(APPENDED / 1000, UTC).date()
SOURCES = {"org_id": "acme", "tag": "", "document_id": "", "collection_id": "", "key": "", "at_least": 0, "limit": 9}


def at(day: float) -> datetime:
    return datetime.fromtimestamp(START + day * DAY, UTC)


def contents(rows: Rows) -> list[str]:
    return [row["content"] for row in rows]


def of_acme(rows: Rows) -> dict[str, Any]:
    """The one row of the organisation; the other has its own."""
    assert {row["org_id"] for row in rows} == {"acme", "evil"}
    (row,) = [row for row in rows if row["org_id"] == "acme"]
    return row


CASES: list[tuple[str, dict[str, Any], Callable[[Rows], object], object]] = [
    (
        "facts_of_a_user",
        MIA,
        contents,
        ["Mia lives in Oslo.", "Mia's sister lives in Paris.", "Eva is Mia's sister."],
    ),
    (
        "history_of_a_slot",
        {**MIA, "subject": "Mia", "predicate": "lives_in"},
        lambda rows: [(row["value"], row["valid_from"], row["valid_to"]) for row in rows],
        [("Berlin", at(0), at(10)), ("Oslo", at(10), None)],
    ),
    (
        "known_on_a_day",
        {**MIA, "t": at(0.5)},
        lambda rows: set(contents(rows)),
        {"Mia lives in Berlin.", "Eva is Mia's sister."},
    ),
    ("known_on_a_day", {**MIA, "t": at(-1)}, contents, []),
    (
        "facts_of_a_prompt",
        {"prompt_version": "", "model": "rules", "limit": 99},
        lambda rows: {(row["org_id"], len(row["job_ids"])) for row in rows},
        {("acme", 1), ("evil", 1)},
    ),
    ("facts_of_a_prompt", {"prompt_version": "a bad one", "model": "", "limit": 99}, contents, []),
    ("facts_by_source", SOURCES | {"tag": "vip"}, contents, ["Mia's sister lives in Paris.", "Eva is Mia's sister."]),
    ("facts_by_source", SOURCES | {"tag": "nobody"}, contents, []),
    ("facts_by_source", SOURCES | {"document_id": "doc-1", "collection_id": "letters"}, len, 2),
    ("facts_by_source", SOURCES | {"key": "score", "at_least": 0.5}, len, 2),
    ("facts_by_source", SOURCES | {"key": "score", "at_least": 0.6}, len, 0),
    ("facts_by_source", SOURCES | {"key": "a.b"}, len, 0),
    ("facts_by_source", SOURCES, len, 4),
    (
        "facts_that_name",
        {"org_id": "acme", "name": "mia's SISTER"},
        contents,
        ["Mia's sister lives in Paris.", "Eva is Mia's sister."],
    ),
    ("facts_that_name", {"org_id": "acme", "name": "EVA"}, len, 2),
    ("facts_that_name", {"org_id": "acme", "name": "Ev"}, len, 0),
    (
        "state_of_a_job",
        {**MIA, "job_id": "first"},
        lambda rows: [(row["state"], row["last_error"], row["windows"], row["windows_done"]) for row in rows],
        [("completed", None, 1, 1)],
    ),
    ("state_of_a_job", {**MIA, "user_id": "ben", "job_id": "first"}, len, 0),
    (
        "failed_jobs_of_a_day",
        {"day": ANSWERED},
        lambda rows: {key: of_acme(rows)[key] for key in ("state", "reason", "jobs", "example")},
        {"state": "dead_lettered", "reason": "VALIDATION_ERROR", "jobs": 1, "example": "wrong"},
    ),
    ("failed_jobs_of_a_day", {"day": date(2000, 1, 1)}, len, 0),
    (
        "cost_by_organisation_and_day",
        {"since": ANSWERED},
        lambda rows: (of_acme(rows)["day"], of_acme(rows)["calls"] > 0, of_acme(rows)["cost_usd"]),
        (ANSWERED, True, 0.0),
    ),
    (
        "search",
        {"org_id": "acme", "q": "STRASSE 50%", "limit": 9},
        lambda rows: [(row["kind"], row["content"]) for row in rows],
        [("fact", ODD), ("turn", ODD)],
    ),
    ("search", {"org_id": "nobody", "q": "STRASSE 50%", "limit": 9}, len, 0),
    (
        "stuck_jobs",
        {},
        lambda rows: [(row["held_by"], row["state"], row["jobs"], row["example"]) for row in rows],
        [("window", "buffered", 2, "waits")],
    ),
    (
        "duplicates_by_publisher",
        {"since": AGES_AGO},
        lambda rows: {
            key: of_acme(rows)[key]
            for key in ("submissions", "resubmissions", "turns_in", "turns_duplicate", "secrets_replaced")
        },
        {"submissions": 5, "resubmissions": 1, "turns_in": 8, "turns_duplicate": 1, "secrets_replaced": 1},
    ),
    (
        "dead_letters_by_field",
        {"since": AGES_AGO},
        lambda rows: {key: of_acme(rows)[key] for key in ("code", "path", "letters")},
        {"code": "VALIDATION_ERROR", "path": "turns.*.role", "letters": 1},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "parameters", "look", "answer"), CASES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_query_gives_a_meaningful_answer(
    told: Store, name: str, parameters: dict[str, Any], look: Callable[[Rows], object], answer: object
) -> None:
    assert look(QUERIES[name].run(told.views, **parameters)) == answer


def test_the_turns_that_prove_a_fact_hold_its_quotes(told: Store) -> None:
    (oslo,) = [fact for fact in told.view("facts") if fact["content"] == "Mia lives in Oslo."]
    (proof,) = QUERIES["turns_that_prove_a_fact"].run(told.views, **MIA, fact_id=oslo["fact_id"])
    assert (proof["text"], proof["said_at"], proof["name"]) == ("I moved to Oslo.", at(10), "Mia")
    assert proof["quote"] in proof["text"]
    assert (
        QUERIES["turns_that_prove_a_fact"].run(told.views, org_id="acme", user_id="ben", fact_id=oslo["fact_id"]) == []
    )


def test_every_query_is_asked_here() -> None:
    assert {name for name, *_ in CASES} | {"turns_that_prove_a_fact"} == set(QUERIES)
