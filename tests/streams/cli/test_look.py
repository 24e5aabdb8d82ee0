"""The commands that look, over real rows."""

from collections.abc import Iterator

import orjson
import pytest
from click.testing import Result

from schemas.dead_letter import DeadLetter
from streams.cli.exits import ExitCode
from streams.local.clickhouse.local import LocalClickHouse
from tests.streams.cli.runner import run
from tests.streams.sink.store import Store, event_record, fresh_store, letter_record

pytestmark = pytest.mark.clickhouse
LETTER = DeadLetter(
    "MALFORMED", "not [red]JSON[/]", "ingest", "submission", "turns", 1, 5, 1, None, b"x", org_id="acme"
)


@pytest.fixture(scope="module")
def store(clickhouse: LocalClickHouse) -> Iterator[Store]:
    with fresh_store(clickhouse.address) as store:
        store.write(
            [
                event_record("SubmissionAccepted"),
                event_record("FactRecorded", topic="facts.g1", status="active"),
                event_record("JobChanged", topic="jobs.g1"),
                event_record("JobChanged", topic="jobs.g1", job_id="waiting", state="buffered", part="windows"),
                letter_record(LETTER, offset=1),
            ]
        )
        yield store


def look(store: Store, *arguments: str) -> Result:
    result = run(*arguments, clickhouse=store.address, clickhouse_database=store.name)
    assert result.exit_code == 0, result.output
    return result


def objects(result: Result) -> list[dict[str, object]]:
    return [orjson.loads(line) for line in result.stdout.splitlines()]


def test_facts_come_with_the_quotes_that_prove_them(store: Store) -> None:
    shown = look(store, "facts", "--org", "acme", "--user", "ann").stdout
    assert "1 fact of acme/ann" in shown
    assert "“I live in Berlin.”" in shown
    (fact,) = objects(look(store, "facts", "--org", "acme", "--user", "ann", "--json"))
    assert fact["content"] == "Ann lives in Berlin."


def test_facts_of_another_person_stay_theirs(store: Store) -> None:
    assert look(store, "facts", "--org", "acme", "--user", "ben", "--json").stdout == ""


def test_jobs_are_listed_and_filtered_by_state(store: Store) -> None:
    assert len(objects(look(store, "jobs", "--json"))) == 2
    (job,) = objects(look(store, "jobs", "--state", "buffered", "--json"))
    assert job["job_id"] == "waiting"
    assert "waiting" in look(store, "jobs", "--org", "acme").stdout


def test_one_job_is_told_field_by_field(store: Store) -> None:
    shown = look(store, "jobs", "waiting").stdout
    assert "job waiting" in shown
    assert "session_id" in shown


def test_a_job_that_is_not_there_has_an_exit_code(store: Store) -> None:
    result = run("jobs", "nobody", clickhouse=store.address, clickhouse_database=store.name)
    assert (result.exit_code, result.stderr) == (ExitCode.UNHEALTHY, "there is no job nobody\n")


def test_dead_letters_tell_their_reasons(store: Store) -> None:
    assert "not [red]JSON[/]" in look(store, "dead-letters").stdout
    (letter,) = objects(look(store, "dead-letters", "--json"))
    assert (letter["code"], letter["source_offset"]) == ("MALFORMED", 5)


def test_sql_answers_as_a_table_or_as_json(store: Store) -> None:
    query = "SELECT state::String AS state, count() AS n FROM jobs GROUP BY state ORDER BY state"
    assert "2 rows" in look(store, "sql", query).stdout
    assert {row["n"] for row in objects(look(store, "sql", query, "--json"))} == {1}
    assert look(store, "sql", "SELECT 1 WHERE false").stdout == "0 rows\n"


def test_sql_that_is_refused_is_told(store: Store) -> None:
    result = run("sql", "SELEC", clickhouse=store.address, clickhouse_database=store.name)
    assert (result.exit_code, "SYNTAX_ERROR" in result.stderr) == (ExitCode.FAILED, True)


def test_the_dump_is_the_same_each_time(store: Store) -> None:
    first, second = look(store, "dump").stdout, look(store, "dump").stdout
    assert first == second
    assert {line.split(" ")[0] for line in first.splitlines()} >= {"turns", "facts", "jobs", "dead_letters"}


def test_migrating_a_database_that_is_new_enough_does_nothing(store: Store) -> None:
    result = run("migrate", clickhouse=store.address, clickhouse_database=store.name, hash_key="another-key")
    assert result.exit_code == ExitCode.DIFFERENT
    assert "TURNLOG_HASH_KEY" in result.stderr
