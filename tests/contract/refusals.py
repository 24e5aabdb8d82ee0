"""Section 7, and each limit of section 2 just above: what is refused, with its code and the path of the field."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import orjson

from schemas.submission import MAX_RECORD_BYTES
from tests.contract.case import Case, Sent, case, refused, submission, turn

LONG = "ü" * 257
INVALID = "VALIDATION_ERROR"
_numbers = count(1)


def _field(field: str, fields: dict[str, Any], rule: str, code: str = INVALID, **how: Any) -> Case:
    return refused(f"{field}: {rule} ({next(_numbers)})", fields, code, field, message=rule, **how)


def _scope(field: str, value: Any, rule: str) -> Case:
    """A record whose scope cannot be read: only a dead letter, without its names."""
    name = f"{field} of type {type(value).__name__}: {rule}"
    fields = submission(job_id="j") | {field: value}
    letter = {
        "code": INVALID,
        "field": field,
        "message": f"{field}: {rule}",
        "org_id": "",
        "user_id": "",
        "job_id": "j",
    }
    return case(name, fields, dead_letters=letter, jobs=[], submissions=[])


def _turn(field: str, fields: dict[str, Any], rule: str, code: str = INVALID) -> Case:
    return _field(f"turns.0.{field}", submission(turn(**fields)), rule, code)


def _seen(field: str, fields: dict[str, Any], rule: str) -> Case:
    return _turn(f"observations.0.{field}", {"observations": [{"content": "c", **fields}]}, rule)


def _time(sent: Any) -> Case:
    return refused(f"the time {sent!r}", submission(turn(timestamp=sent)), INVALID, "turns.0.timestamp")


SCOPES = (
    _scope("org_id", None, "is required"),
    _scope("org_id", "", "must not be empty"),
    _scope("org_id", LONG, "must be at most 256 characters"),
    _scope("org_id", 7, "must be text"),
    _scope("user_id", None, "is required"),
    _scope("user_id", "", "must not be empty"),
    _scope("user_id", LONG, "must be at most 256 characters"),
    _scope("user_id", ["u"], "must be text"),
    _scope("user_id", "me AKIA" + "Q7" * 8, "must not hold a secret"),
)

TURNS = (
    _field("turns", {"turns": None}, "is required"),
    _field("turns", {"turns": []}, "must have at least 1 item"),
    _field("turns", {"turns": [turn()] * 201}, "must have at most 200 items"),
    _field("turns", {"turns": {}}, "must be a list"),
    _field("turns.1", {"turns": [turn(), "hi"]}, "must be an object"),
    refused("one bad turn refuses all", submission(turn(), turn(), turn(), turn(role="boss")), INVALID, "turns.3.role"),
    _turn("role", {"role": "moderator"}, "must be user, assistant, system, tool or document"),
    _turn("role", {"role": "User"}, "must be user, assistant, system, tool or document"),
    _turn("role", {"role": "us\u0435r"}, "must be user, assistant, system, tool or document"),
    _turn("role", {"role": 1}, "must be text"),
    _field("turns.0.role", submission({"text": "x"}), "is required"),
    _field("turns.0.text", submission({"role": "user"}), "is required"),
    _turn("text", {"text": 7}, "must be text"),
    _turn("text", {"text": "é" * 100_001}, "must be at most 100000 characters", "TOO_LARGE"),
    _turn("name", {"name": LONG}, "must be at most 256 characters"),
    _turn("name", {"name": {}}, "must be text"),
    _turn("event_id", {"event_id": ""}, "must not be empty"),
    _turn("event_id", {"event_id": LONG}, "must be at most 256 characters"),
    _turn("event_id", {"event_id": 5}, "must be text"),
    _turn("timestamp", {"timestamp": True}, "must be text or a number"),
    _turn("timestamp", {"timestamp": ["2024-05-01"]}, "must be text or a number"),
    *map(_time, ("1969-12-31T23:59:59.999Z", "2200-01-01T00:00:00Z", -1, 7_258_118_400_000, "yesterday", "",
                 "9999-01-01T00:00:00Z", "Wed, 01 May 2024 12:00:00 GMT", "2024-02-30T00:00:00Z", "1714564800",
                 "2024-05-01T24:00:00Z", "2016-12-31T23:59:60Z", "2024-05-01T12:00:00+25:00", 1e300)),
    _turn("observations", {"observations": {}}, "must be a list"),
    _turn("observations", {"observations": [{"content": "c"}] * 101}, "must have at most 100 items"),
    _turn("observations.0", {"observations": ["c"]}, "must be an object"),
    _turn("observations.0.content", {"observations": [{}]}, "is required"),
    _seen("content", {"content": ""}, "must not be empty"),
    _seen("content", {"content": "c" * 10_001}, "must be at most 10000 characters"),
    _seen("type", {"type": "t" * 65}, "must be at most 64 characters"),
    _seen("confidence", {"confidence": 1.01}, "must be at most 1"),
    _seen("confidence", {"confidence": -0.01}, "must be at least 0"),
    _seen("confidence", {"confidence": "high"}, "must be a number"),
    _seen("occurred_at", {"occurred_at": "1899-12-31"}, "must be RFC 3339"),
    _seen("occurred_at", {"occurred_at": False}, "must be text or a number"),
)  # fmt: skip

LABELS = (
    _field("session_id", submission(session_id=""), "must not be empty"),
    _field("session_id", submission(session_id=LONG), "must be at most 256 characters"),
    _field("session_id", submission(session_id=1), "must be text"),
    _field("job_id", submission(job_id=""), "must not be empty", jobs=[], dead_letters={"job_id": None}),
    _field("job_id", submission(job_id=LONG), "must be at most 256 characters", jobs=[]),
    _field("job_id", submission(job_id=1.5), "must be text", jobs=[]),
    _field("document_id", submission(document_id=LONG), "must be at most 256 characters"),
    _field("collection_id", submission(collection_id=LONG), "must be at most 256 characters"),
    _field("title", submission(title=LONG), "must be at most 256 characters"),
    _field("context", submission(context="c" * 1_001), "must be at most 1000 characters"),
    _field("entities", submission(entities={}), "must be a list"),
    _field("entities", submission(entities=[{"text": "e"}] * 257), "must have at most 256 items"),
    _field("entities.0", submission(entities=["Eva"]), "must be an object"),
    _field("entities.0.text", submission(entities=[{"type": "person"}]), "is required"),
    _field("entities.0.text", submission(entities=[{"text": LONG}]), "must be at most 256 characters"),
    _field("entities.0.type", submission(entities=[{"text": "e", "type": "t" * 65}]), "must be at most 64 characters"),
    _field("tags", submission(tags="a"), "must be a list"),
    _field("tags.1", submission(tags=["a", "b" * 129]), "must be at most 128 characters"),
    _field("tags.0", submission(tags=[None]), "must be text"),
    _field("document_tags.0", submission(document_tags=[7]), "must be text"),
    _field("tags", submission(tags=[f"t{n}" for n in range(64)], document_tags=["one more"]), "must be at most 64"),
    _field("metadata", submission(metadata=[]), "must be an object"),
    _field("metadata", submission(metadata={f"k{n}": n for n in range(65)}), "must have at most 64 keys"),
    _field("metadata", submission(metadata={"k": "x" * (16_384 - 7)}), "must be at most 16 KiB"),
    _field("metadata", submission(metadata={"1": [[[[[[[[]]]]]]]]}), "must have at most 8 levels"),
    _field("visibility", submission(visibility="public"), "must be 'user', 'knowledge' or 'hive'"),
    _field("visibility", submission(visibility="knowledge"), "this organisation may only use user", "POLICY_DENY"),
    _field("visibility", submission(visibility="hive"), "this organisation may only use user", "POLICY_DENY"),
    _field("type", {"type": "memory", **submission()}, "must be submission, session_ended or flush", jobs=[],
           dead_letters={"code": INVALID}),
    _field("type", {"type": 5, **submission()}, "must be submission, session_ended or flush", jobs=[],
           dead_letters={"code": INVALID, "job_id": None}),
    *(
        refused(f"metadata with the integer {number}",
                b'{"org_id":"acme","user_id":"metadata with the integer %d","turns":[{"role":"user","text":""}],'
                b'"metadata":{"n":%d}}' % (number, number), INVALID, "metadata", message="64 bits")
        for number in (-(1 << 63) - 1, 1 << 64)
    ),
)  # fmt: skip

OPTIONS = (
    _field("options", submission(options=[]), "must be an object"),
    *(
        _field(f"options.{name}", submission(options={name: 1}), "must be true or false")
        for name in ("write_active", "write_passive", "infer", "dry_run", "flush")
    ),
    _field("options.max_facts", submission(options={"max_facts": 0}), "must be at least 1"),
    _field("options.max_facts", submission(options={"max_facts": 101}), "must be at most 100"),
    _field("options.max_facts", submission(options={"max_facts": True}), "must be a whole number"),
    _field("options.model", submission(options={"model": "small"}), "is not on the list of models", "POLICY_DENY"),
    _field("options.model", submission(options={"model": LONG}), "must be at most 256 characters"),
)

CONTROLS = (
    *(
        case(f"{type_} is refused until there is such a thing",
             {"type": type_, "session_id": "s", "job_id": "j", "turn_id": "t", "event_id": "e"},
             dead_letters={"code": INVALID, "field": "type"}, jobs=[], submissions=[])
        for type_ in ("edit_turn", "retract_turn", "cancel_job", "erase")
    ),
    *(
        case(f"{type_} with a bad session", {"type": type_, "session_id": 1},
             dead_letters={"code": INVALID, "field": "session_id", "subject": "control"}, submissions=[])
        for type_ in ("session_ended", "flush")
    ),
)  # fmt: skip


def _malformed(name: str, value: bytes | None, message: str) -> Case:
    letter = {"code": "MALFORMED", "message": message, "field": None, "org_id": "", "user_id": "", "job_id": None}
    return case(name, Sent(value, headers=(("h", b"\xff\x00"), ("h", b"2"))), user=f"malformed {name}",
                dead_letters=letter | {"headers": [["h", "/wA="], ["h", "Mg=="]]}, jobs=[], submissions=[])  # fmt: skip


MALFORMED = (
    _malformed("a tombstone", None, "the record has no value"),
    _malformed("no bytes", b"", "the record is not JSON in UTF-8"),
    _malformed("no JSON", b"hello", "the record is not JSON in UTF-8"),
    _malformed("JSON cut off", b'{"org_id": "acme", "turns": [', "the record is not JSON in UTF-8"),
    _malformed("not UTF-8", b'{"org_id": "\xff"}', "the record is not JSON in UTF-8"),
    _malformed("UTF-16", '{"org_id": "acme"}'.encode("utf-16"), "the record is not JSON in UTF-8"),
    _malformed("a byte order mark", b'\xef\xbb\xbf{"org_id": "acme"}', "the record is not JSON in UTF-8"),
    _malformed("NaN", b'{"org_id": "acme", "metadata": {"n": NaN}}', "the record is not JSON in UTF-8"),
    _malformed("a number beyond a double", b'{"org_id": "a", "metadata": {"n": 1e400}}',
    "the record is not JSON in UTF-8"),
    _malformed("half of a surrogate pair", b'{"org_id": "\\ud800"}', "the record is not JSON in UTF-8"),
    _malformed("a list", b"[]", "the record is not a JSON object"),
    _malformed("null", b"null", "the record is not a JSON object"),
    _malformed("text in JSON", b'"e30="', "the record is not a JSON object"),
    _malformed("two objects", b"{}{}", "the record is not JSON in UTF-8"),
)  # fmt: skip


def _too_large() -> Sequence[Case]:
    fields = {"org_id": "acme", "user_id": "too large", "job_id": "j", "turns": [turn("x" * 90_000)] * 11}
    value = orjson.dumps(fields | {"x": ""})
    value = value[:-2] + b"x" * (MAX_RECORD_BYTES + 1 - len(value)) + value[-2:]
    assert len(value) == MAX_RECORD_BYTES + 1
    letter = {"code": "TOO_LARGE", "field": None, "bytes": MAX_RECORD_BYTES + 1, "kept": True, "org_id": ""}
    largest = b"x" * ((2 << 20) - 200)
    return (
        case("a record of 1 MiB and a byte", value, user="too large", dead_letters=letter, jobs=[]),
        case("a record of nearly 2 MiB", largest, user="", dead_letters={"code": "TOO_LARGE", "bytes": len(largest)}),
    )


REFUSED = (*SCOPES, *TURNS, *LABELS, *OPTIONS, *CONTROLS, *MALFORMED, *_too_large())
