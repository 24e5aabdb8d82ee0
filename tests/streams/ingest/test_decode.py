"""Bytes to submissions and control records, or the refusal."""

import json
from contextlib import suppress
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.errors import Invalid, Malformed, PermanentError, PolicyDenied, TooLarge
from streams.ingest.decode import (
    Policy,
    ReadControl,
    ReadObservation,
    ReadOptions,
    ReadSubmission,
    ReadTurn,
    read,
    read_object,
)
from streams.ingest.plain import read_plain
from tests.streams.ingest.flow import submission, turn

CANARY = "canary-5f2e"
NOTHING_LISTED = Policy()


def decode(value: object, policy: Policy = NOTHING_LISTED) -> ReadSubmission | ReadControl:
    record = value if isinstance(value, bytes) or value is None else orjson.dumps(value)
    fields = read_object(record)
    return read(fields, record or b"", policy)


def decode_submission(value: object, policy: Policy = NOTHING_LISTED) -> ReadSubmission:
    sent = decode(value, policy)
    assert isinstance(sent, ReadSubmission)
    return sent


@pytest.mark.parametrize(
    ("record", "error"),
    [
        (None, Malformed), (b"", Malformed), (b"[]", Malformed), (b"null", Malformed), (b"1", Malformed),
        (b'{"a":', Malformed), (b'{"a":NaN}', Malformed), (b'{"a":1e400}', Malformed), (b'\xef\xbb\xbf{}', Malformed),
        (b'{"a":"\xff"}', Malformed), (b'{"a":"\\ud800"}', Malformed), (b'{"a":' + b"[" * 5000, Malformed),
        (b'"' + b"x" * (1 << 20) + b'"', TooLarge),
    ],
)  # fmt: skip
def test_what_is_no_object_is_refused(record: bytes | None, error: type[PermanentError]) -> None:
    with pytest.raises(error):
        read_object(record)


def test_a_mebibyte_is_still_read() -> None:
    record = orjson.dumps(submission(turn("x" * 90_000), note="y" * (1 << 20)))[: 1 << 20]
    filled = record[:-2] + b'"}'
    assert len(filled) == 1 << 20
    assert isinstance(decode(filled), ReadSubmission)


def test_everything_a_publisher_may_say_is_read() -> None:
    sent = decode_submission(
        submission(
            turn("Hej", name="Ann", timestamp="2024-05-01T12:00:00Z", event_id="e1"),
            turn("Born 1950", role="ai", observations=[{"content": "Ann was born", "type": "fact", "confidence": 1,
                                                        "occurred_at": "1950-01-01"}]),
            session_id="s", job_id="j", document_id="d", collection_id="c", title="t", context="x",
            entities=[{"text": "Oslo", "type": "place"}, {"text": "Ann"}], tags=["a", "b"], document_tags=["b", "c"],
            metadata={"n": 1, "nested": {"x": None, "y": [1, None, "z"]}, "gone": None},
            options={"infer": False, "max_facts": 3}, visibility="hive", surprise=1,
        ),
        Policy(shared_visibility_orgs=frozenset({"acme"})),
    )  # fmt: skip
    observation = ReadObservation("Ann was born", "fact", 1.0, -631_152_000_000)
    assert sent == ReadSubmission(
        session_id="s",
        job_id="j",
        turns=(
            ReadTurn("user", "Hej", "Ann", 1_714_564_800_000, "e1", ()),
            ReadTurn("assistant", "Born 1950", None, None, None, (observation,)),
        ),
        options=ReadOptions(infer=False, max_facts=3),
        context="x",
        title="t",
        document_id="d",
        collection_id="c",
        visibility="hive",
        tags=("a", "b", "c"),
        metadata={"n": 1, "nested": {"y": [1, None, "z"]}},
        entities=(("Oslo", "place"), ("Ann", None)),
        unknown_fields=1,
    )


@pytest.mark.parametrize(
    ("alias", "role"),
    [("human", "user"), ("ai", "assistant"), ("model", "assistant"), ("bot", "assistant"), ("document", "document")],
)
def test_roles_have_aliases(alias: str, role: str) -> None:
    assert decode_submission(submission(turn(role=alias))).turns[0].role == role


def test_unknown_fields_are_counted_at_every_level() -> None:
    sent = submission(
        turn(a=1, observations=[{"content": "c", "b": 2, "c": 3}]),
        entities=[{"text": "x", "d": 4}],
        options={"e": 5},
        f=6,
        metadata={"not": 1, "counted": 2},
    )
    assert decode_submission(sent).unknown_fields == 6


def test_null_is_absent_everywhere() -> None:
    spread = submission(
        turn(name=None, timestamp=None, event_id=None, observations=[{"content": "c", "type": None}]),
        **dict.fromkeys(
            ("type", "session_id", "job_id", "document_id", "collection_id", "title", "context", "entities", "tags",
             "document_tags", "metadata", "visibility", "anything")
        ),
        options={"infer": None, "model": None},
    )  # fmt: skip
    plain = submission(turn(observations=[{"content": "c"}]))
    assert decode(spread) == decode(plain)
    with pytest.raises(Invalid, match=r"turns\.0\.role: is required"):
        decode(submission(turn(role=None)))


@pytest.mark.parametrize(
    ("changed", "error", "message"),
    [
        ({"org_id": ""}, Invalid, "org_id: must not be empty"),
        ({"user_id": 3}, Invalid, "user_id: must be text"),
        ({"session_id": "s" * 257}, Invalid, "session_id: must be at most 256 characters"),
        ({"type": "edit_turn"}, Invalid, "type: must be submission, session_ended or flush"),
        ({"type": ["flush"]}, Invalid, "type: must be submission, session_ended or flush"),
        ({"turns": []}, Invalid, "turns: must have at least 1 item"),
        ({"turns": [turn()] * 201}, Invalid, "turns: must have at most 200 items"),
        ({"turns": {"0": turn()}}, Invalid, "turns: must be a list"),
        ({"turns": [turn(), None]}, Invalid, "turns.1: must be an object"),
        ({"turns": [turn(), turn(), turn(), turn(role="root")]}, Invalid, "turns.3.role: must be user, assistant, "),
        ({"turns": [turn(role=1)]}, Invalid, "turns.0.role: must be text"),
        ({"turns": [{"role": "user"}]}, Invalid, "turns.0.text: is required"),
        ({"turns": [turn("x" * 100_001)]}, TooLarge, "turns.0.text: must be at most 100000 characters"),
        ({"turns": [turn(timestamp=True)]}, Invalid, "turns.0.timestamp: must be text or a number"),
        ({"turns": [turn(timestamp="soon")]}, Invalid, "turns.0.timestamp: must be RFC 3339"),
        ({"turns": [turn(event_id="")]}, Invalid, "turns.0.event_id: must not be empty"),
        ({"turns": [turn(observations=[{"content": ""}])]}, Invalid, "turns.0.observations.0.content: must not be"),
        ({"turns": [turn(observations=[{"content": "c", "occurred_at": "x"}])]}, Invalid,
         "turns.0.observations.0.occurred_at: must be RFC 3339 or epoch seconds or milliseconds, from 1900"),
        ({"turns": [turn(observations=[{"content": "c", "confidence": 2}])]}, Invalid,
         "turns.0.observations.0.confidence: must be at most 1"),
        ({"options": {"max_facts": 101}}, Invalid, "options.max_facts: must be at most 100"),
        ({"options": {"infer": 1}}, Invalid, "options.infer: must be true or false"),
        ({"options": []}, Invalid, "options: must be an object"),
        ({"entities": [{"text": "x" * 257}]}, Invalid, "entities.0.text: must be at most 256 characters"),
        ({"tags": [str(n) for n in range(40)], "document_tags": [str(n) for n in range(30, 80)]}, Invalid,
         "tags: must be at most 64"),
        ({"metadata": []}, Invalid, "metadata: must be an object"),
        ({"visibility": "public"}, Invalid, "visibility: must be 'user', 'knowledge' or 'hive'"),
        ({"visibility": "hive"}, PolicyDenied, "visibility: this organisation may only use user"),
        ({"options": {"model": "big"}}, PolicyDenied, "options.model: is not on the list of models"),
    ],
)  # fmt: skip
def test_a_broken_rule_is_named_with_the_path_of_its_field(
    changed: dict[str, Any], error: type[PermanentError], message: str
) -> None:
    with pytest.raises(error) as refusal:
        decode(submission() | changed)
    assert type(refusal.value) is error
    assert str(refusal.value).startswith(message)
    assert refusal.value.field == message.partition(":")[0]


def test_listed_models_and_organisations_are_allowed() -> None:
    policy = Policy(frozenset({"acme"}), frozenset({"big"}))
    sent = decode_submission(submission(visibility="knowledge", options={"model": "big"}), policy)
    assert (sent.visibility, sent.options.model) == ("knowledge", "big")


@pytest.mark.parametrize("type_", ["session_ended", "flush"])
def test_control_records_name_a_session(type_: str) -> None:
    scope = {"org_id": "acme", "user_id": "ann"}
    assert decode({"type": type_, **scope}) == ReadControl(type_, "default-session")
    assert decode({"type": type_, **scope, "session_id": "s", "x": 1}) == ReadControl(type_, "s", 1)
    with pytest.raises(Invalid, match="user_id"):
        decode({"type": type_, "org_id": "acme"})


@given(st.binary() | st.text().map(str.encode) | st.from_regex(r"\A[{\[\]},:0-9\"a-z]*\Z").map(str.encode))
def test_arbitrary_bytes_are_read_or_refused(record: bytes) -> None:
    with suppress(PermanentError):
        assert isinstance(decode(record), ReadSubmission | ReadControl)


numbers = st.integers(-(2**70), 2**70) | st.floats(allow_nan=False, allow_infinity=False)
json_values = st.recursive(
    st.none() | st.booleans() | numbers | st.text(),
    lambda parts: st.lists(parts, max_size=3) | st.dictionaries(st.text(), parts, max_size=3),
    max_leaves=8,
)
near_times = st.sampled_from(["2024-05-01T12:00:00Z", "2024-05-01", "x", ""]) | st.integers() | st.none()
near_turns = st.dictionaries(
    st.sampled_from(["role", "text", "name", "timestamp", "event_id", "observations", "extra"]), json_values
) | st.builds(
    turn,
    text=st.text(),
    role=st.sampled_from(["user", "ai", "tool", "root", 1, None]),
    name=st.none() | st.text(max_size=300),
    timestamp=near_times,
    event_id=st.none() | st.text(max_size=3) | st.just("e" * 257),
)
near_submissions = st.builds(
    lambda turns, fields: submission() | {"turns": turns} | fields,
    st.lists(near_turns, max_size=3) | json_values,
    st.dictionaries(
        st.sampled_from(
            ["type", "org_id", "session_id", "job_id", "options", "metadata", "tags", "entities", "context", "more"]
        ),
        json_values,
        max_size=2,
    ),
)


def dumps(value: object) -> bytes:
    """As a publisher in Python would write it: with integers of any size."""
    return json.dumps(value).encode()


@given(near_submissions)
def test_anything_like_a_submission_is_read_or_refused_and_the_short_way_agrees(sent: dict[str, Any]) -> None:
    record = dumps(sent)
    try:
        fields = read_object(record)
    except Malformed:
        return
    try:
        expected = read(fields, record, Policy())
    except PermanentError:
        expected = None
    scope_is_right = isinstance(fields.get("org_id"), str) and 1 <= len(fields["org_id"]) <= 256
    if scope_is_right:
        assert read_plain(fields) in (None, expected)


plain_turns = st.builds(
    turn,
    text=st.text(),
    role=st.sampled_from(["user", "ai"]),
    name=st.none() | st.text(max_size=9),
    timestamp=st.sampled_from([None, "2024-05-01T12:00:00Z", 0, 1_700_000_000, 1.5, 1e12, 1_760_000_000_123]),
    event_id=st.none() | st.just("e"),
)


@given(st.lists(plain_turns, min_size=1, max_size=4), st.none() | st.just("job"))
def test_the_plain_case_takes_the_short_way(turns: list[dict[str, Any]], job_id: str | None) -> None:
    sent = submission(*turns, job_id=job_id)
    assert read_plain(orjson.loads(orjson.dumps(sent))) == decode(sent)


def refusal_of(sent: dict[str, Any]) -> str:
    try:
        decode(dumps(sent))
    except PermanentError as refusal:
        return str(refusal)
    return ""


@given(near_submissions, st.sampled_from(["org_id", "type", "visibility", "turns", "options", "metadata", "context"]))
def test_a_refusal_never_says_what_a_field_held(sent: dict[str, Any], field: str) -> None:
    for value in (CANARY, [CANARY], {CANARY: CANARY}, [{"role": CANARY, "text": CANARY, "timestamp": CANARY}]):
        assert CANARY not in refusal_of(sent | {field: value})
