"""The stage as a whole: what follows from a record, and from the same record again."""

import json
import random
from collections.abc import Sequence
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dead_letter import KEPT_OF_LARGE
from schemas.log import LogEvent
from streams import codec
from streams.ids import Ids
from streams.ingest.agents import build
from streams.ports import Chunk, Output, Processor, Record, Ticking
from streams.settings import Settings
from tests.streams.ingest.flow import NOON, Flow, strings_in, submission, turn

CONVERSATION = Ids("turnlog-local").conversation("acme", "ann", "default-session")
E1 = Ids("turnlog-local").turn_by_event(CONVERSATION, "e1")


def test_it_is_what_the_engine_runs() -> None:
    lane: Processor = build(Settings(partitions=1))(0, {})
    assert isinstance(lane, Ticking)


def test_the_same_record_twice_is_the_job_sent_again_and_nothing_else() -> None:
    flow = Flow()
    sent = submission(turn(event_id="e1"), turn(event_id="e2"))
    job_id = flow.accept(sent)["job_id"]
    for count in (1, 2, 3):
        (event,) = flow.send(sent)
        assert (event["event"], event["job_id"], event["resubmissions"], event["turns_in"]) == (
            "JobResubmitted", job_id, count, 2,
        )  # fmt: skip
    assert not flow.dead


def test_a_transcript_sent_whole_every_time_brings_each_turn_once() -> None:
    flow = Flow()
    said = [turn(f"text {number}", event_id=f"e{number}") for number in range(40)]
    events = [flow.accept(submission(*said[: end + 1])) for end in range(0, 40, 3)]
    assert [turn_["text"] for event in events for turn_ in event["turns"]] == [turn_["text"] for turn_ in said]
    assert [event.get("turns_duplicate", 0) for event in events] == [0, *range(1, 38, 3)]


def test_a_turn_in_another_conversation_is_another_turn() -> None:
    flow = Flow()
    for other in ({}, {"session_id": "s"}, {"user_id": "bob"}, {"org_id": "x"}):
        assert len(flow.accept(submission(turn(event_id="e1")) | other)["turns"]) == 1


def test_a_second_yes_is_a_new_turn_and_counts_as_weak() -> None:
    flow = Flow()
    first, second = flow.accept(submission(turn("yes"))), flow.accept(submission(turn("yes")))
    assert first["turns"][0]["turn_id"] != second["turns"][0]["turn_id"]
    assert first["turns_weak"] == second["turns_weak"] == 1


def test_a_job_whose_turns_are_all_known_is_a_duplicate() -> None:
    flow = Flow()
    flow.accept(submission(turn(event_id="e1"), turn(event_id="e2")))
    event = flow.accept(submission(turn(event_id="e1"), job_id="mine"))
    assert (event["outcome"], event["turns"], event["turns_duplicate"]) == ("skipped_duplicate", [], 1)
    (again,) = flow.send(submission(turn(event_id="e1"), job_id="mine"))
    assert (again["event"], again["job_id"]) == ("JobResubmitted", "mine")


def test_a_turn_that_says_something_else_is_a_conflict_and_the_others_are_accepted() -> None:
    flow = Flow()
    flow.accept(submission(turn("I live in Oslo.", event_id="e1")))
    sent = submission(turn("I live in Bergen.", event_id="e1"), turn("hi", event_id="e2"), job_id="j")
    event = flow.accept(sent)
    assert [said["index"] for said in event["turns"]] == [1]
    assert (event["turns_conflicting"], event["turns_in"]) == (1, 2)
    (letter,) = flow.dead
    assert (letter.code, letter.subject, letter.turn_ids, letter.job_id) == ("TURN_CONFLICT", "turns", (E1,), "j")
    assert (letter.value, letter.field) == (orjson.dumps(sent), None)
    assert not any("Bergen" in text for text in strings_in(letter._replace(value=None)))
    assert [again["event"] for again in flow.send(sent)] == ["JobResubmitted"]
    assert len(flow.dead) == 1


def test_only_conflicts_end_the_job() -> None:
    flow = Flow()
    flow.accept(submission(turn("a", event_id="e1")))
    event = flow.accept(submission(turn("b", event_id="e1")))
    assert (event["outcome"], event["reason"], event["turns"]) == ("completed_empty", "turn_conflict", [])


def test_a_job_id_with_other_content_is_refused_and_the_job_untouched() -> None:
    flow = Flow()
    sent = submission(turn("a", event_id="e1"), job_id="j")
    flow.accept(sent)
    for other in (
        submission(turn("b", event_id="e2"), job_id="j"),
        sent | {"options": {"infer": False}},
        sent | {"session_id": "other"},
    ):
        letter = flow.refuse(other)
        assert (letter.code, letter.field, letter.job_id) == ("IDEMPOTENCY_CONFLICT", "job_id", "j")
    assert [event["event"] for event in flow.log] == ["SubmissionAccepted"]
    assert [event["event"] for event in flow.send(sent)] == ["JobResubmitted"]


def test_job_ids_are_unique_in_their_scope_only() -> None:
    flow = Flow()
    flow.accept(submission(turn("a", event_id="e1"), job_id="j"))
    flow.accept(submission(turn("b", event_id="e1"), job_id="j") | {"user_id": "bob"})
    assert not flow.dead


def test_a_refused_job_may_be_sent_again_as_its_next_attempt() -> None:
    flow = Flow()
    bad, good = submission(turn(role="root"), job_id="j"), submission(turn(event_id="e1"), job_id="j")
    for attempt in (1, 2):
        letter = flow.refuse(bad)
        assert letter.attempt == attempt
        event = flow.log[-1]
        assert (event["event"], event.get("attempt", 1), event["code"]) == (
            "SubmissionRefused", attempt, "VALIDATION_ERROR",
        )  # fmt: skip
        assert event["message"] == letter.message == ("turns.0.role: must be user, assistant, system, tool or document")
        assert event["headers"]["trace-id"].startswith("turns/")
    assert flow.accept(good)["attempt"] == 3
    (again,) = flow.send(good)
    assert (again["event"], again["attempt"]) == ("JobResubmitted", 3)
    flow.refuse(bad)
    assert flow.log[-1] == again


def test_a_refusal_without_a_job_or_scope_is_only_a_dead_letter() -> None:
    flow = Flow()
    for value in (
        submission(turn(role="root")),
        {"job_id": "j", "turns": []},
        {"type": "cancel_job", "org_id": "acme", "user_id": "ann", "job_id": "j"},
        {"type": "flush", "org_id": "acme", "user_id": "ann", "session_id": 3, "job_id": "j"},
        submission(job_id="j" * 257),
        b"{",
        None,
    ):
        flow.refuse(value)
    assert not flow.log
    assert [letter.subject for letter in flow.dead].count("control") == 1


def test_a_computed_job_id_sent_by_a_caller_is_that_job() -> None:
    flow = Flow()
    sent = submission(turn(event_id="e1"))
    job_id = flow.accept(sent)["job_id"]
    assert flow.refuse(submission(turn(event_id="e2"), job_id=job_id)).code == "IDEMPOTENCY_CONFLICT"
    assert flow.refuse(submission(turn(role="root"), job_id=job_id)).job_id == job_id
    assert [event["event"] for event in flow.log] == ["SubmissionAccepted"]
    (event,) = flow.send(sent | {"job_id": job_id})
    assert (event["event"], event["resubmissions"]) == ("JobResubmitted", 1)
    (event,) = flow.send(sent)
    assert event["resubmissions"] == 2
    assert flow.refuse(submission(turn(event_id="e2"), job_id=job_id)).code == "IDEMPOTENCY_CONFLICT"


def test_a_dry_run_leaves_no_turn_behind_but_its_job() -> None:
    flow = Flow()
    what_if = submission(turn("a", event_id="e1"), options={"dry_run": True})
    assert len(flow.accept(what_if)["turns"]) == 1
    assert [event["event"] for event in flow.send(what_if)] == ["JobResubmitted"]
    assert len(flow.accept(submission(turn("a", event_id="e1")))["turns"]) == 1
    known = flow.accept(submission(turn("a", event_id="e1"), turn("b", event_id="e2"), options={"dry_run": True}))
    assert ([said["index"] for said in known["turns"]], known["turns_duplicate"]) == ([1], 1)
    assert flow.accept(submission(turn("b", event_id="e2")))["turns"][0]["index"] == 0


def test_turns_stored_without_extraction_are_remembered() -> None:
    flow = Flow()
    event = flow.accept(submission(turn(event_id="e1"), options={"write_passive": False}))
    assert (event["outcome"], event["reason"], len(event["turns"])) == ("completed_empty", "write_passive_off", 1)
    assert flow.accept(submission(turn(event_id="e1")))["outcome"] == "skipped_duplicate"


def test_secrets_are_gone_from_the_log_and_do_not_hide_duplicates() -> None:
    flow = Flow()
    sent = submission(turn("my password is hunter2", event_id="e1", name="Ann"), title="pwd: hunter2x")
    event = flow.accept(sent)
    assert event["turns"][0]["text"] == "my password is [REDACTED:password]"
    assert (event["title"], event["redactions"]) == ("pwd: [REDACTED:password]", {"password": 2})
    assert not any("hunter2" in text for text in strings_in(event))
    other = submission(turn("my password is hunter3", event_id="e1", name="Ann"))
    assert flow.accept(other)["turns_conflicting"] == 1


def test_control_records_go_into_the_log() -> None:
    flow = Flow(partitions=1)
    scope = {"org_id": "acme", "user_id": "ann"}
    events = flow.send({"type": "session_ended", **scope}) + flow.send({"type": "flush", **scope, "session_id": "s"})
    assert [(event["event"], event["session_id"]) for event in events] == [
        ("SessionEnded", "default-session"),
        ("FlushRequested", "s"),
    ]
    assert events[1]["source"] == {"topic": "turns", "partition": 0, "offset": 1, "timestamp": NOON}
    assert flow.tables == [{}]


def test_a_dead_letter_holds_the_original_bytes_unless_they_are_not_to_be_kept() -> None:
    record = orjson.dumps(submission(turn(role="root", text="a secret thing")))
    kept, dropped = Flow(), Flow(keep_dead_letter_bytes=False)
    assert kept.refuse(record, headers=[("a", b"b")]).headers == (("a", b"b"),)
    assert kept.dead[-1].value == record
    dropped.refuse(record)
    assert dropped.dead[-1].value == b""
    assert b"secret" not in b"".join(content for _, content in dropped.dead_records[-1].headers)


def test_a_record_over_a_mebibyte_is_too_large() -> None:
    flow = Flow()
    letter = flow.refuse(orjson.dumps(submission(note="x" * (1 << 20))))
    assert (letter.code, letter.session_id) == ("TOO_LARGE", None)
    assert len(flow.refuse(b"x" * (3 << 20) + b"y").value or b"") == KEPT_OF_LARGE


def test_every_event_of_the_log_is_one_the_codec_reads() -> None:
    flow = Flow(partitions=1)
    flow.send(submission(turn(event_id="e1"), job_id="j"))
    flow.send(submission(turn(event_id="e1"), job_id="j"))
    flow.send(submission(turn(role="x"), job_id="k"))
    flow.send({"type": "flush", "org_id": "acme", "user_id": "ann", "session_id": "s"})
    flow.send({"type": "session_ended", "org_id": "acme", "user_id": "ann", "session_id": "s"})
    flow.tick(NOON + 10**6)
    assert len(flow.log) == 6
    for event in flow.log:
        assert isinstance(codec.decode(orjson.dumps(event)), LogEvent)


draw = random.Random(7)
POOL: list[bytes | None] = [
    None,
    b"{",
    *(
        orjson.dumps(
            submission(
                *(
                    turn(f"text {draw.randrange(3)}", event_id=f"e{draw.randrange(12)}")
                    if draw.random() < 0.7
                    else turn(f"weak {draw.randrange(3)}")
                    for _ in range(draw.randrange(1, 30))
                ),
                session_id=draw.choice("abc"),
                job_id=draw.choice([None, None, "j1", "j2"]),
                options=draw.choice([{}, {"dry_run": True}, {"flush": True}, {"max_facts": 0}]),
            )
        )
        for _ in range(40)
    ),
    orjson.dumps({"type": "flush", "org_id": "acme", "user_id": "ann", "session_id": "a"}),
    orjson.dumps({"type": "erase", "org_id": "acme", "user_id": "ann", "session_id": "a"}),
]


def run(records: Sequence[Record], sizes: Sequence[int]) -> tuple[list[Output], dict[bytes, bytes]]:
    state: dict[bytes, bytes] = {}
    lane = build(Settings(partitions=1))(0, state)
    outputs: list[Output] = []
    left = list(records)
    for size in [*sizes, len(left)]:
        chunk, left = left[:size], left[size:]
        if chunk:
            effects = lane.process(Chunk("turns", 0, chunk, chunk[0].offset, chunk[-1].offset + 1), state)
            assert lane.process(Chunk("turns", 0, chunk, chunk[0].offset, chunk[-1].offset + 1), state) == effects
            outputs += effects.outputs
            state.update(effects.changes)
    return outputs, state


@settings(deadline=None, max_examples=40)
@given(st.lists(st.sampled_from(POOL), max_size=25), st.lists(st.integers(1, 6), max_size=25))
def test_any_split_into_chunks_gives_the_same_outputs_and_the_same_table(
    values: list[bytes | None], sizes: list[int]
) -> None:
    records = [Record("turns", 0, offset, NOON + offset, None, value) for offset, value in enumerate(values)]
    assert run(records, sizes) == run(records, [len(records)])


@pytest.mark.parametrize("broken", [{"turns": 1}, {"options": {"max_facts": "x"}}, {"metadata": {"a": 10**30}}])
def test_one_bad_record_does_not_stop_the_others(broken: dict[str, Any]) -> None:
    flow = Flow()
    flow.accept(submission(turn(event_id="e1")))
    refused = flow.refuse(json.dumps(submission() | broken).encode())
    flow.accept(submission(turn(event_id="e2")))
    assert (refused.code, refused.subject) == ("VALIDATION_ERROR", "submission")
    assert [event["turns"][0]["event_id"] for event in flow.log] == ["e1", "e2"]
