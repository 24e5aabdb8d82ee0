"""The public views over whole conversations: what they tell, what they find, and how far they are."""

import re
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest

from infra.clickhouse.dictionary import dictionary
from schemas.topics import facts_topic
from streams.admin.comments import columns, comment, views
from streams.admin.limits import extraction_s, write_limits
from streams.admin.migrate import migrate
from streams.local.clickhouse.local import LocalClickHouse
from streams.settings import Settings
from tests.infra.clickhouse.told import ODD
from tests.streams.sink.store import FINGERPRINT, Store, event_record, fresh_store

pytestmark = pytest.mark.clickhouse
SENT = {"correlation-id": "order 1", "ce_type": "said"}


@pytest.fixture(scope="module")
def empty(clickhouse: LocalClickHouse) -> Iterator[Store]:
    """A database for what tests tell themselves, each of an organisation of its own."""
    with fresh_store(clickhouse.address) as store:
        yield store


def found(store: Store, view: str, needle: str, org_id: str = "acme") -> int:
    (row,) = store.views.query(
        f"SELECT count() AS n FROM {view}(q = {{q:String}}) WHERE org_id = {{org_id:String}}",
        {"q": needle, "org_id": org_id},
    )
    return int(row["n"])


@pytest.mark.parametrize(
    "needle",
    [
        "strasse",
        "STRAßE 50%",
        "off_er",
        "'QUOTED'",
        "c:\\DIR",
        "👩‍👩‍👧",
        "istanbul",
        "ISTANBUL",
        "iğdır",
        "ığdır",
        "IĞDIR",
        "东京",
        "东京塔",
        "塔",
        "ｓｔｒａｓｓｅ",
        "quoted' c",
    ],
)
def test_search_finds_every_language_in_any_case(told: Store, needle: str) -> None:
    assert found(told, "facts_search", needle) == 1
    assert found(told, "turns_search", needle) == 1


@pytest.mark.parametrize("needle", ["50_", "off%er", "京塔东", "strase", "\\\\", "' OR 1 = 1 --", "c:/dir"])
def test_search_finds_only_what_is_there(told: Store, needle: str) -> None:
    assert found(told, "facts_search", needle) == 0
    assert found(told, "turns_search", needle) == 0


def test_search_finds_nothing_of_another_organisation(told: Store) -> None:
    assert found(told, "facts_search", "strasse", "nobody") == 0


def test_search_finds_every_piece_of_a_text(told: Store) -> None:
    """Wherever signs and letters meet, and wherever a piece begins or ends."""
    for size in (1, 2, 3, 7):
        for first in range(0, len(ODD) - size, 2):
            piece = ODD[first : first + size]
            assert found(told, "facts_search", piece) >= 1, piece


@pytest.mark.parametrize("table", ["facts", "turns"])
@pytest.mark.parametrize(
    ("needle", "index", "tokens"),
    [
        ("Strasse", "threes", '"ass", "ras", "sse", "str", "tra"'),
        ("东京塔", "signs", '"东京", "京塔"'),
        ("东京", "signs", '"东京"'),
    ],
)
def test_search_goes_by_an_index(told: Store, table: str, needle: str, index: str, tokens: str) -> None:
    plan = told.views.query(
        f"EXPLAIN indexes = 1 SELECT count() FROM {table}_search(q = {{q:String}}) WHERE org_id = 'acme'", {"q": needle}
    )
    text = "\n".join(str(row["explain"]) for row in plan)
    assert re.search(rf"Name: (content|text)_{index}", text)
    assert f"tokens: [{tokens}]" in text, "folded, in threes or pairs"


def test_a_search_shows_what_the_view_of_all_shows(told: Store) -> None:
    (fact,) = told.views.query("SELECT * FROM facts_search(q = '东京') WHERE org_id = 'acme'")
    assert fact in told.view("facts")
    (turn,) = told.views.query("SELECT * FROM turns_search(q = '东京') WHERE org_id = 'acme'")
    assert turn in told.view("turns")
    assert turn["text"] == ODD


def test_a_replaced_text_is_not_found(empty: Store) -> None:
    old = event_record("FactRecorded", topic="facts.g1", content="An old word.", revision=1)
    empty.write([old])
    assert found(empty, "facts_search", "old word") == 1
    empty.write([event_record("FactRecorded", topic="facts.g1", content="A new word.", revision=2)])
    assert [found(empty, "facts_search", word) for word in ("old word", "new word")] == [0, 1]


def test_headers_stand_in_every_row_that_follows(told: Store) -> None:
    (job,) = [row for row in told.view("jobs") if row["job_id"] == "first"]
    assert (job["trace_id"], job["headers"]) == ("trace-7", SENT)
    (turn,) = [row for row in told.view("turns") if row["text"] == "My sister is called Eva."]
    assert (turn["trace_id"], turn["headers"]) == ("trace-7", {"trace-id": "trace-7"} | SENT)
    extraction = next(row for row in told.view("extractions") if row["job_headers"])
    assert extraction["job_headers"] == {"first": SENT}
    (fact,) = [row for row in told.view("facts") if row["content"] == "Eva is Mia's sister."]
    assert (fact["trace_ids"], fact["headers"]) == (["trace-7"], SENT)


def test_metadata_keeps_its_types(told: Store) -> None:
    (row,) = told.views.query(
        "SELECT DISTINCT JSONExtract(metadata, 'year', 'Int64') AS year, "
        "JSONExtract(metadata, 'score', 'Float64') AS score, "
        "JSONExtractBool(metadata, 'open') AS open, JSONExtractString(metadata, 'a.b') AS dotted, "
        "arrayMap(key -> toString(JSONType(metadata, key)), ['year', 'score', 'open', 'a.b', 'none']) AS types "
        "FROM jobs WHERE org_id = 'acme' AND job_id = 'first'"
    )
    assert row == {
        "year": 2024,
        "score": 0.5,
        "open": 1,
        "dotted": "dotted",
        "types": ["Int64", "Double", "Bool", "String", "Null"],
    }


def test_freshness_says_up_to_where_a_view_holds_its_topic(told: Store) -> None:
    rows = told.views.query("SELECT view, topic, partition, position FROM freshness")
    assert {(row["view"], row["topic"]) for row in rows} == {
        ("turns", "conversations"),
        ("submissions", "conversations"),
        ("extractions", "results"),
        ("facts", "facts.g1"),
        ("jobs", "jobs.g1"),
        ("dead_letters", "dead-letters"),
    }
    behind = told.views.query(
        "SELECT count() AS n FROM turns INNER JOIN (SELECT * FROM freshness WHERE view = 'turns') AS fresh "
        "ON fresh.partition = turns.log_partition WHERE log_offset >= position"
    )
    assert behind == [{"n": 0}]


def test_a_chunk_that_comes_again_does_not_set_freshness_back(empty: Store) -> None:
    late, early = (event_record("ConversationIdled", offset=offset) for offset in (9, 3))
    empty.write([late] * 5)
    empty.write([early])
    assert {row["position"] for row in empty.views.query("SELECT position FROM freshness")} == {5}


def test_two_generations_are_told_apart_by_what_differs(empty: Store) -> None:
    changed: dict[str, Any] = {"content": "Changed.", "confidence": 0.1, "model": "other"}
    for generation, changes in ((1, {}), (2, changed)):
        topic = facts_topic(generation)
        fields: dict[str, Any] = {"topic": topic, "generation": generation, "org_id": "two"}
        empty.write(
            [
                event_record("FactRecorded", **fields, fact_id="same", model=f"m{generation}"),
                event_record("FactRecorded", **fields, fact_id="changed", **changes),
                event_record("FactRecorded", **fields, fact_id=f"only {generation}"),
            ]
        )
    rows = empty.views.query("SELECT * FROM generation_diff(a = 1, b = 2) WHERE org_id = 'two' ORDER BY fact_id")
    assert [(row["fact_id"], row["difference"], row["differs"]) for row in rows] == [
        ("changed", "differs", ["content", "confidence"]),
        ("only 1", "only_a", []),
        ("only 2", "only_b", []),
    ]
    assert empty.views.query("SELECT * FROM generation_diff(a = 2, b = 2) WHERE org_id = 'two'") == []


def test_a_job_is_stuck_by_the_settings_that_were_told_last(empty: Store) -> None:
    empty.tables.execute(f"TRUNCATE TABLE {empty.name}_data.limits")
    job: dict[str, Any] = {"topic": "jobs.g1", "org_id": "slow", "part": "windows", "state": "buffered", "revision": 1}
    now = empty.views.query("SELECT toUnixTimestamp64Milli(now64(3)) AS at")[0]["at"]
    for hours in (1, 3):
        empty.write([event_record("JobChanged", job_id=f"{hours} h", buffered_at=now - hours * 3_600_000, **job)])
    assert [row["job_id"] for row in empty.view("jobs_stuck", "slow")] == ["3 h"], "by default after 4,080 s"
    for age_s, stuck in ((60, ["1 h", "3 h"]), (20_000, [])):
        patient = empty.settings.model_copy(
            update={"window": empty.settings.window.model_copy(update={"age_s": age_s})}
        )
        write_limits(empty.tables, patient)
        assert [row["job_id"] for row in empty.view("jobs_stuck", "slow")] == stuck
    assert 2 * (Settings().window.age_s + extraction_s(Settings())) == 4_080, "the view's default is the settings'"


def test_the_stage_that_holds_a_stuck_job_is_named(empty: Store) -> None:
    share = {"job_id": "answered", "units": 1, "total": 1, "tokens": 1}
    empty.write([event_record("WindowExtracted", topic="results", org_id="stuck", jobs=[share])])
    for name, state, reason in (
        ("asked", "processing", None),
        ("answered", "processing", None),
        ("poor", "deferred", "budget"),
        ("open", "buffered", None),
    ):
        told_of: dict[str, Any] = {
            "part": "windows",
            "state": state,
            "reason": reason,
            "windows": 1,
            "processing_at": 1,
        }
        empty.write(
            [event_record("JobChanged", topic="jobs.g1", org_id="stuck", job_id=name, buffered_at=1, **told_of)]
        )
    held = {row["job_id"]: row["held_by"] for row in empty.view("jobs_stuck", "stuck")}
    assert held == {"asked": "extract", "answered": "resolve", "poor": "budget", "open": "window"}


def test_the_dictionary_is_what_the_database_holds(told: Store) -> None:
    """Else: `python -m infra.clickhouse.write_schema http://host:port`."""
    written = (files("infra.clickhouse") / "views.md").read_text(encoding="utf-8")
    assert dictionary(told.tables, told.name).replace(told.name, "turnlog") == written


def test_every_column_of_every_view_is_explained(told: Store) -> None:
    known = [
        (view, column) for view in views(told.tables, told.name) for column in columns(told.tables, told.name, view)
    ]
    assert len(known) > 200
    assert [f"{view.name}.{column.name}" for view, column in known if not comment(view.name, column.name)] == []
    untold = [f"{view.name}.{column.name}" for view, column in known if not view.parameters and not column.comment]
    assert untold == [], "the database says it too"


def test_a_comment_that_changed_comes_with_the_next_migration(empty: Store) -> None:
    empty.tables.execute(f"ALTER TABLE {empty.name}.turns COMMENT COLUMN text 'an old meaning'")
    assert migrate(empty.tables, empty.name, FINGERPRINT) == []
    query = "SELECT comment FROM system.columns WHERE database = {db:String} AND table = 'turns' AND name = 'text'"
    assert empty.tables.query(query, {"db": empty.name}) == [{"comment": comment("turns", "text")}]
