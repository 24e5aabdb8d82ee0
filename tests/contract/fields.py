"""Sections 1 and 2: every field that a publisher may send, accepted, with the row where it shows."""

from schemas.submission import FACT_TYPES, MAX_RECORD_BYTES
from tests.contract.case import Case, Sent, case, submission, turn

LONG = "ü" * 256
NOON = "2024-05-01T12:00:00.000Z"


def at(moment: str) -> str:
    """A time as ClickHouse writes it."""
    return f"{moment:0<23}" if "." in moment else f"{moment}.000"


def _time(sent: object, stored: str) -> Case:
    name = f"the time {sent!r} is {stored}"
    return case(
        name,
        submission(turn(timestamp=sent)),
        turns={"said_at": at(stored), "time_is_arrival": False},
        submissions={"turns_weak": 0},
    )


def _shown(name: str, sent: dict[str, object], **columns: object) -> Case:
    """A field of the submission that shows on its row, its job and its turns alike."""
    return case(
        name, submission(job_id="j", **sent), submissions=dict(columns), jobs=dict(columns), turns=dict(columns)
    )


SCOPES = (
    case("ids of 256 characters", submission(session_id=LONG, job_id=LONG), org="ö" * 256, user=LONG,
         turns={"session_id": LONG, "job_id": LONG}, jobs={"job_id": LONG, "state": "completed_empty"}),
    case("without session_id it is the default one", submission(), turns={"session_id": "default-session"}),
    case("a session is a conversation of its own",
         submission(turn(event_id="1"), session_id="s1"), submission(turn(event_id="1"), session_id="s2"),
         turns=[{"session_id": "s1"}, {"session_id": "s2"}], submissions=[{"turns_duplicate": 0}] * 2),
    case("a slash in the organisation", submission(turn("of a/b")), org="a/b", user="c", turns={"text": "of a/b"}),
    case("a slash in the user", submission(turn("of a")), org="a", user="b/c", turns={"text": "of a"}),
    case("a percent sign in both", submission(turn("p")), org="100%2F", user="%/日本 ", turns={"text": "p"}),
    case("the plain twin of a percent sign", submission(turn("q")), org="100/", user="%/日本 ", turns={"text": "q"}),
    case("a record without a key", Sent(submission(), key=None), submissions={"kind": "submission"}, turns={}),
    case("a record with another key", Sent(submission(), key=b"\xff other"), turns={}, submissions={}),
    case("on another partition it is moved and counted",
         Sent(submission(), partition=1, headers=(("trace-id", b"t"), ("ce_id", b"\xc3\xa9"))),
         submissions={"rekeyed": True, "trace_id": "t", "headers": {"trace-id": "t", "ce_id": "é"}}, turns={}),
    case("on its own partition under another key it is not moved", Sent(submission(), key=b"x", partition=0),
         submissions={"rekeyed": False}, turns={}),
    case("a moved control record", Sent({"type": "flush"}, partition=1), submissions={"kind": "flush",
         "rekeyed": True}),
    case("a moved resubmission",
         submission(turn(event_id="1"), job_id="j"), Sent(submission(turn(event_id="1"), job_id="j"), partition=1),
         submissions=[{"kind": "submission", "rekeyed": False}, {"kind": "resubmission", "rekeyed": True}], turns={}),
    case("a moved record that is refused shows its own coordinate", Sent(submission(turn(role="x")), partition=1),
         dead_letters={"code": "VALIDATION_ERROR", "source_topic": "turns"}),
    case("an organisation's id that looks like a card number is a number", submission(), user="4111111111111111",
         turns={"user_id": "4111111111111111"}),
)  # fmt: skip

TURNS = (
    case("roles", submission(*(turn(role=role) for role in ("user", "assistant", "system", "tool", "document"))),
         turns=[{"role": role} for role in ("user", "assistant", "system", "tool", "document")]),
    case("aliases of roles", submission(*(turn(role=role) for role in ("human", "ai", "model", "bot"))),
         turns=[{"role": role} for role in ("user", "assistant", "assistant", "assistant")]),
    case("the name says who speaks", submission(turn("I live in Oslo.", name="Ann"), turn("I live in Bergen.",
         name="Eva")),
         turns=[{"name": "Ann"}, {"name": "Eva"}],
         facts=[{"content": "Ann lives in Oslo.", "asserted_by_name": "Ann", "about": "Ann", "subject": "Ann"},
                {"content": "Eva lives in Bergen.", "asserted_by_name": "Eva", "about": "Eva", "subject": "Eva"}]),
    case("a name of 256 characters", submission(turn(name=LONG)), turns={"name": LONG}),
    case("text is stored letter for letter", submission(turn(" \ta\u0000b\r\n\u2028é e\u0301 日本 \U0001f600 ")),
         turns={"text": " \ta\u0000b\r\n\u2028é e\u0301 日本 \U0001f600 "}),
    case("a text of 100,000 characters", submission(turn("é" * 100_000)), turns={"text": "é" * 100_000}),
    case("a blank text is kept and never extracted", submission(turn(""), turn(" \n"), job_id="j"),
         turns=[{"text": "", "to_extract": False}, {"text": " \n", "to_extract": False}], extractions=[],
         jobs={"state": "completed_empty", "reason": "no_text", "turns_stored": 2}),
    case("without a time the record's counts and the turn says so", submission(turn()),
         turns={"time_is_arrival": True}, submissions={"turns_weak": 1}),
    case("an event id", submission(turn(event_id="e"), turn("b", event_id=LONG)),
         turns=[{"event_id": "e"}, {"event_id": LONG}], submissions={"turns_weak": 0}),
    case("the same event id in another conversation is another turn",
         submission(turn(event_id="e")), submission(turn(event_id="e"), session_id="s"), turns=[{}, {}]),
    case("200 turns", submission(*(turn(str(number)) for number in range(200))),
         turns=[{"text": str(number), "turn_index": number} for number in range(200)], submissions={"turns_in": 200}),
)  # fmt: skip

TIMES = (
    _time(NOON, "2024-05-01 12:00:00"),
    _time("2024-05-01T12:00:00", "2024-05-01 12:00:00"),
    _time("2024-05-01 14:00:00.1239+02:00", "2024-05-01 12:00:00.123"),
    _time("2024-05-01T12:00:00z", "2024-05-01 12:00:00"),
    _time("2024-05-01", "2024-05-01 00:00:00"),
    _time("1970-01-01T00:00:00Z", "1970-01-01 00:00:00"),
    _time("2199-12-31T23:59:59.999Z", "2199-12-31 23:59:59.999"),
    _time(0, "1970-01-01 00:00:00"),
    _time(1_714_564_800, "2024-05-01 12:00:00"),
    _time(1_714_564_800.25, "2024-05-01 12:00:00.250"),
    _time(1_714_564_800_250, "2024-05-01 12:00:00.250"),
    _time(7_258_118_399_999, "2199-12-31 23:59:59.999"),
)

OBSERVATIONS = (
    case("an observation is an imported fact, without a call",
         submission(turn("", event_id="e", name="Ann", observations=[{
             "content": "Ann has two cats.", "type": "observation", "confidence": 0.5, "occurred_at": "1999-12-31"}])),
         turns={"observations": [{"content": "Ann has two cats.", "type": "observation", "confidence": 0.5,
                                  "occurred_at": "1999-12-31 00:00:00.000"}]},
         facts={"content": "Ann has two cats.", "type": "observation", "provenance": "imported", "confidence": 0.5,
                "occurred_start": "1999-12-31 00:00:00.000", "evidence": lambda found: len(found) == 1},
         extractions={"tokens_in": 0, "attempts": 0}, jobs={"state": "completed", "facts_created": 1}),
    case("an observation of an unknown type is a fact, and counted",
         submission(turn("", observations=[{"content": "It rains.", "type": "weather"}])),
         facts={"type": "fact", "confidence": 1}, jobs={"dropped": {"unknown_type": 1}}),
    case("an observation of every type",
         submission(turn("", observations=[{"content": f"{type_} it is.", "type": type_} for type_ in FACT_TYPES])),
         facts=[{"type": type_} for type_ in sorted(FACT_TYPES)]),
    case("limits of an observation", submission(turn("", observations=[
            {"content": "c" * 10_000, "confidence": 1, "occurred_at": "1900-01-01T00:00:00Z"},
            {"content": "d", "type": "t" * 64, "confidence": 0}])),
         facts=[{"content": "c" * 10_000, "occurred_start": "1900-01-01 00:00:00.000", "confidence": 1},
                {"content": "d", "occurred_start": None, "confidence": 0}]),
    case("100 observations", submission(turn("", observations=[{"content": f"thing {n}"} for n in range(100)])),
         jobs={"facts_created": 100}),
)  # fmt: skip

LABELS = (
    _shown("a document", {"document_id": LONG}, document_id=LONG),
    _shown("a collection", {"collection_id": LONG}, collection_id=LONG),
    _shown("a title", {"title": LONG}, title=LONG),
    _shown("tags of both kinds are merged, each once", {"tags": ["b", "a", "b"], "document_tags": ["a", "c"]},
           tags=["b", "a", "c"]),
    _shown("64 tags of 128 characters", {"tags": ["t" * 126 + f"{n:02}" for n in range(32)],
                                         "document_tags": ["t" * 126 + f"{n:02}" for n in range(64)]},
           tags=["t" * 126 + f"{n:02}" for n in range(64)]),
    _shown("metadata keeps its types and drops nulls",
           {"metadata": {"a": 1, "b": 1.5, "c": True, "d": [1, None, "x"], "e": {"f": None, "g": ""}, "h": None}},
           metadata={"a": 1, "b": 1.5, "c": True, "d": [1, None, "x"], "e": {"g": ""}}),
    _shown("metadata of 64 keys", {"metadata": {f"k{n}": n for n in range(64)} | {"null": None}},
           metadata={f"k{n}": n for n in range(64)}),
    _shown("metadata of 16 KiB", {"metadata": {"k": "x" * (16_384 - 8)}}, metadata={"k": "x" * (16_384 - 8)}),
    _shown("metadata of 8 levels", {"metadata": {"1": [[[[[[{}]]]]]]}}, metadata={"1": [[[[[[{}]]]]]]}),
    _shown("metadata with integers of 64 bits", {"metadata": {"least": -(1 << 63), "most": (1 << 64) - 1}},
           metadata={"least": -(1 << 63), "most": (1 << 64) - 1}),
    case("a context", submission(context="c" * 1_000), submissions={"context": "c" * 1_000},
         extractions={"options": lambda found: found["context"] == "c" * 1_000}),
    case("entities are hints", submission(entities=[{"text": LONG, "type": "t" * 64}, {"text": "Eva"}]),
         submissions={"entities": [{"text": LONG, "type": "t" * 64}, {"text": "Eva", "type": None}]}),
    case("256 entities", submission(entities=[{"text": f"e{n}"} for n in range(256)]),
         submissions={"entities": lambda found: len(found) == 256}),
    case("a visibility of the organisation where the list allows it",
         submission(turn("I live in Oslo.", name="Ann"), visibility="knowledge"), org="open",
         turns={"visibility": "knowledge"}, facts={"visibility": "knowledge"}, jobs={"visibility": "knowledge"}),
    case("visibility hive", submission(visibility="hive"), org="open", turns={"visibility": "hive"}),
    case("visibility user is for all", submission(visibility="user"), turns={"visibility": "user"}),
    case("the known headers are copied, others are not",
         Sent(submission(turn("I live in Oslo.", name="Ann")), headers=(
             ("trace-id", b"t-1"), ("correlation-id", b"c-1"), ("schema-version", b"1"), ("ce_type", b"x"),
             ("authorization", b"y"))),
         submissions={"headers": {"trace-id": "t-1", "correlation-id": "c-1", "schema-version": "1", "ce_type": "x"}},
         turns={"trace_id": "t-1", "headers": lambda found: len(found) == 4}, jobs={"trace_id": "t-1"},
         extractions={"jobs": lambda found: found[0]["trace_id"] == "t-1"}),
    case("without a trace id the coordinate is one", submission(),
         submissions={"trace_id": lambda id_: "turns/" in id_},
         jobs={"trace_id": lambda id_: "turns/" in id_}),
    case("headers of control records and resubmissions are copied too",
         submission(turn(event_id="1"), job_id="j"),
         Sent(submission(turn(event_id="1"), job_id="j"), headers=(("trace-id", b"t-2"),)),
         Sent({"type": "flush"}, headers=(("trace-id", b"t-3"), ("ce_id", b"4"))), {"type": "session_ended"},
         submissions=[{"kind": "submission"}, {"kind": "resubmission", "trace_id": "t-2"},
                      {"kind": "flush", "trace_id": "t-3", "headers": {"trace-id": "t-3", "ce_id": "4"}},
                      {"kind": "session_ended", "trace_id": lambda id_: "turns/" in id_}]),
    case("unknown fields are ignored and counted at every level",
         submission({**turn(observations=[{"content": "c", "x": 1}]), "x": 1, "y": {}}, x=[], __proto__={},
                    entities=[{"text": "e", "x": 0}], options={"flush": True, "x": "1"}),
         submissions={"unknown_fields": 7, "turns_in": 1}),
    case("unknown fields of a control record are counted", {"type": "flush", "x": 1, "turns": []},
         submissions={"kind": "flush", "unknown_fields": 2}),
    case("null is absent, at every level",
         submission(turn(name=None, timestamp=None, event_id=None, observations=None), type=None, session_id=None,
                    job_id=None, document_id=None, collection_id=None, title=None, context=None, entities=None,
                    tags=None, document_tags=None, metadata=None, visibility=None,
                    options={"flush": True, "infer": None, "max_facts": None, "model": None, "dry_run": None,
                             "write_active": None, "write_passive": None}),
         turns={"name": None, "event_id": None, "time_is_arrival": True, "session_id": "default-session"},
         submissions={"unknown_fields": 0, "visibility": "user", "options": lambda found: found["max_facts"] == 20}),
    case("null inside an observation and an entity",
         submission(turn("", observations=[{"content": "c", "type": None, "confidence": None, "occurred_at": None}]),
                    entities=[{"text": "e", "type": None}]),
         facts={"content": "c", "type": "fact"}),
    case("an explicit type", submission(type="submission"), turns={}),
)  # fmt: skip


def _of_bytes(size: int) -> bytes:
    """A record of so many bytes."""
    start, end = b'{"org_id":"acme","user_id":"a record of 1 MiB","turns":[{"role":"user","text":""}],"x":"', b'"}'
    return start + b"x" * (size - len(start) - len(end)) + end


RECORDS = (case("a record of 1 MiB", _of_bytes(MAX_RECORD_BYTES), submissions={"unknown_fields": 1}, turns={}),)

ACCEPTED = (*SCOPES, *TURNS, *TIMES, *OBSERVATIONS, *LABELS, *RECORDS)
