"""Named queries: each says what it is for, and binds its parameters."""

import pytest

from streams.demo.queries import QUERIES as OF_THE_DEMO
from streams.query.load import parse
from streams.query.reads import QUERIES

EVERY = [*QUERIES.values(), *OF_THE_DEMO.values()]


def test_every_query_is_named_and_described() -> None:
    assert {"facts_of_scope", "jobs_latest", "jobs_by_id", "jobs_open", "totals"} <= set(QUERIES)
    assert {"facts_since", "jobs_of_run", "turns_tried"} <= set(OF_THE_DEMO)
    assert all(query.description.endswith(".") and "SELECT" in query.sql for query in EVERY)


def test_a_query_is_its_description_and_one_select() -> None:
    query = parse("one", "-- Says one,\n-- and nothing else.\nSELECT 1\n")
    assert (query.name, query.description, query.sql) == ("one", "Says one, and nothing else.", "SELECT 1")


@pytest.mark.parametrize("text", ["SELECT 1", "SELECT 1\n-- too late", ""])
def test_a_query_that_does_not_begin_with_its_description_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"one\.sql must begin with a comment"):
        parse("one", text)


@pytest.mark.parametrize("name", [name for name in QUERIES if name.endswith("_of_scope")])
def test_who_asks_about_a_person_names_the_scope(name: str) -> None:
    sql = QUERIES[name].sql
    assert sql.count("org_id = {org_id:String}") == sql.count("user_id = {user_id:String}") >= 1


@pytest.mark.parametrize("query", EVERY, ids=lambda query: query.name)
def test_queries_read_public_views_only(query: object) -> None:
    sql = str(getattr(query, "sql", ""))
    assert "_data" not in sql
    assert "FINAL" not in sql
    assert "generation =" not in sql
