"""Events become rows: every field of an event that a table has a column for arrives there."""

from typing import Any

import orjson
import pytest

from schemas.dead_letter import DeadLetter
from schemas.log import Options, SubmissionAccepted, Turn
from streams.codec import EVENTS, UnknownEvent
from streams.sink.rows import BUILDERS, Json, rows_of
from streams.sink.tables import DEAD_LETTERS, EXTRACTIONS, FACTS, JOB_PARTS, SUBMISSIONS, TURNS, Table
from tests.streams.sink.store import Record, event_record, example, letter_record


def written(record: Record) -> list[tuple[Table, dict[str, Any]]]:
    return [(table, dict(zip(table.columns, row, strict=True))) for table, row in rows_of(record)]


def only(record: Record, table: Table) -> dict[str, Any]:
    (row,) = [row for met, row in written(record) if met is table]
    return row


def test_every_event_of_the_topics_that_are_read_has_a_builder() -> None:
    assert set(BUILDERS) == set(EVENTS) - {"WindowClosed"}


@pytest.mark.parametrize("name", sorted(BUILDERS))
def test_a_record_gives_the_same_rows_every_time(name: str) -> None:
    record = event_record(name, offset=7)
    assert list(rows_of(record)) == list(rows_of(record))


def test_a_submission_gives_a_row_per_new_turn_and_one_of_its_own() -> None:
    tables = [table for table, _ in written(event_record("SubmissionAccepted", offset=7))]
    assert tables == [TURNS, TURNS, SUBMISSIONS]


def test_a_turn_says_where_it_stands_in_the_log_and_what_its_submission_said() -> None:
    (_, first), (_, second), _ = written(event_record("SubmissionAccepted", offset=7))
    assert (first["log_offset"], first["turn_index"], second["turn_index"]) == (7, 0, 1)
    assert first["recorded_at"] == 1_767_225_600_700
    assert first["text"] == "I moved to Oslo last week."
    assert first["observations"] == [("Ann prefers e-mail.", "preference", 0.9, 1_767_225_600_000)]
    assert (second["name"], second["event_id"], second["time_is_arrival"]) == (None, "m2", True)
    assert orjson.loads(first["metadata"]) == {"channel": "web", "priority": 2}
    assert first["trace_id"] == "turns-3-41"


def test_the_turns_of_a_dry_run_are_not_stored() -> None:
    rows = written(event_record("SubmissionAccepted", options={"dry_run": True}))
    assert [table for table, _ in rows] == [SUBMISSIONS]
    assert (rows[0][1]["turns_in"], rows[0][1]["turns_stored"]) == (4, 0)


@pytest.mark.parametrize(
    ("turn", "changes", "waits"),
    [
        ({}, {}, True),
        ({"text": ""}, {}, False),
        ({"text": " \n\u3000"}, {}, False),
        ({"text": "", "observations": [{"content": "Ann prefers e-mail."}]}, {}, True),
        ({}, {"options": {"write_passive": False}}, False),
        ({}, {"outcome": "completed_empty"}, False),
    ],
)
def test_a_turn_says_whether_facts_will_follow(turn: Json, changes: Json, waits: bool) -> None:
    said = {"turn_id": "1", "role": "user", "text": "I live in Oslo.", "said_at": 1, "index": 0}
    row = only(
        Record("conversations", orjson.dumps(example("SubmissionAccepted") | changes | {"turns": [said | turn]})), TURNS
    )
    assert row["to_extract"] is waits


def test_a_submission_that_says_little_gets_the_defaults_of_the_event() -> None:
    said = example("SubmissionAccepted")
    little = {name: said[name] for name in ("org_id", "user_id", "session_id", "job_id", "turns", "turns_in", "source")}
    record = Record("conversations", orjson.dumps(little | {"event": "SubmissionAccepted", "version": 1}))
    row = only(record, SUBMISSIONS)
    assert (row["attempt"], row["visibility"], row["tags"], row["metadata"]) == (1, "user", (), "{}")
    assert orjson.loads(row["options"])["max_facts"] == 20


@pytest.mark.parametrize(
    ("name", "kind"),
    [("JobResubmitted", "resubmission"), ("SessionEnded", "session_ended"), ("FlushRequested", "flush")],
)
def test_a_record_without_turns_is_a_submission_of_its_kind(name: str, kind: str) -> None:
    row = only(event_record(name, offset=9), SUBMISSIONS)
    assert row["kind"] == kind
    assert (row["source_topic"], row["source_partition"], row["source_offset"]) == ("turns", 3, 41)
    assert row["turns_stored"] == 0


@pytest.mark.parametrize("name", ["ConversationIdled", "SubmissionRefused"])
def test_ticks_and_refusals_leave_no_row_here(name: str) -> None:
    assert written(event_record(name)) == []


def test_a_call_beats_a_journal_hit_and_the_earlier_of_two_calls_stays() -> None:
    def version(*, hit: bool, offset: int) -> int:
        record = event_record("WindowExtracted", topic="results", journal_hit=hit, offset=offset)
        number: int = only(record, EXTRACTIONS)["version"]
        return number

    ranked = [version(hit=False, offset=3), version(hit=False, offset=8), version(hit=True, offset=2)]
    assert ranked == sorted(ranked, reverse=True)
    assert len(set(ranked)) == 3


def test_candidates_are_counted_and_not_stored() -> None:
    row = only(event_record("WindowExtracted", topic="results"), EXTRACTIONS)
    assert row["candidates"] == 1
    assert row["jobs"] == [("c5b0cb49c716efff941300ca4fabc548", 1, 2, 2, 11, "turns-3-41")]


def test_a_fact_is_stored_with_who_said_it_and_the_turns_that_prove_it() -> None:
    row = only(event_record("FactRecorded", topic="facts.g1"), FACTS)
    assert (row["asserted_by_role"], row["asserted_by_name"]) == ("user", "Ann")
    assert row["evidence"] == [("3f2fb298ba25a2b399b5a2df2e54a178", "I live in Berlin.", 1_767_225_600_000)]
    assert row["intervals"] == [(1_767_139_200_000, 1_767_225_600_000, "47929282ed8dc4f7f3f0fbc43018d71d")]


def test_a_part_of_a_job_without_source_and_options_leaves_them_empty() -> None:
    row = only(event_record("JobChanged", topic="jobs.g1"), JOB_PARTS)
    assert (row["source_topic"], row["sent_at"], row["options"], row["candidates"]) == (None, None, "", "")
    assert row["model_attempts"] == 2


def test_a_dead_letter_of_an_unreadable_record_has_an_empty_scope_and_its_bytes() -> None:
    letter = DeadLetter(
        "MALFORMED", "not JSON", "ingest", "submission", "turns", 2, 5, 1_767_225_600_000, None, b"\xff\0"
    )
    row = only(letter_record(letter, offset=11), DEAD_LETTERS)
    assert (row["org_id"], row["user_id"], row["session_id"], row["job_id"]) == ("", "", "", None)
    assert (row["value"], row["bytes"], row["kept"]) == (b"\xff\0", 2, True)
    assert (row["source_partition"], row["source_offset"], row["letter_offset"]) == (2, 5, 11)


def test_a_header_of_a_dead_letter_that_holds_null_is_stored_as_empty() -> None:
    headers: Any = (("h", None), ("i", b"x"))
    letter = DeadLetter("MALFORMED", "no", "ingest", "submission", "turns", 2, 5, 1, None, b"", headers=headers)
    assert only(letter_record(letter), DEAD_LETTERS)["headers"] == [("h", b""), ("i", b"x")]


@pytest.mark.parametrize("value", [b'{"event":"Unheard","version":1}', b'{"event":"SessionEnded","version":2}', b"{}"])
def test_an_unknown_event_is_an_error(value: bytes) -> None:
    with pytest.raises(UnknownEvent):
        list(rows_of(Record("conversations", value)))


def test_a_submission_and_its_turns_have_no_field_in_common() -> None:
    """Their rows are made of both at once."""
    assert not SubmissionAccepted.model_fields.keys() & Turn.model_fields.keys()


def test_empty_parts_of_a_job_are_what_absent_ones_are() -> None:
    absent = only(event_record("JobChanged", topic="jobs.g1"), JOB_PARTS)
    nothing: dict[str, Any] = {"metadata": {}, "options": None, "candidates": [], "source": None}
    assert only(event_record("JobChanged", topic="jobs.g1", **nothing), JOB_PARTS) == absent
    assert (absent["metadata"], absent["options"], absent["candidates"]) == ("{}", "", "")
    by_default = only(event_record("JobChanged", topic="jobs.g1", options={}), JOB_PARTS)
    assert orjson.loads(by_default["options"]) == Options().model_dump()
