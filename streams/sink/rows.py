"""A record in, the rows that hold what it says out. Pure; the same record always gives the same rows.

Events are read as plain fields, not as models: they were checked when they were written, and a row costs a tenth so.
What an event and its table call alike passes as it is; fields that the event left out hold their model's default.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from operator import itemgetter
from typing import Any

import orjson
from pydantic import BaseModel

from schemas import dead_letter
from schemas.extraction import Evidence, JobShare, WindowExtracted, WindowOptions
from schemas.fact import Entity, FactRecorded, Interval, WindowResolved
from schemas.job import JobChanged
from schemas.log import (
    FlushRequested,
    Hint,
    JobResubmitted,
    Observation,
    Options,
    SessionEnded,
    SubmissionAccepted,
    Turn,
)
from streams import codec
from streams.codec import UnknownEvent
from streams.ports import Chunk, SourceRecord
from streams.sink.tables import (
    DEAD_LETTERS,
    EXTRACTIONS,
    FACTS,
    GENERATIONS_DROPPED,
    JOB_PARTS,
    POSITIONS,
    SUBMISSIONS,
    TURNS,
    WINDOWS_RESOLVED,
    Row,
    Table,
)

Json = dict[str, Any]
Rows = Iterable[tuple[Table, Row]]
SOURCE = {"source_topic": "topic", "source_partition": "partition", "source_offset": "offset", "sent_at": "timestamp"}
OBSERVATION = "content", "type", "confidence", "occurred_at"
HINT = "text", "type"
SHARE = "job_id", "attempt", "units", "total", "tokens", "trace_id"
EVIDENCE = "turn_id", "quote", "said_at"
ENTITY = "entity_id", "name", "type", "said_as"
INTERVAL = "valid_from", "valid_to", "superseded_by"
_CALL = 1 << 62
"""Above every version of a journal hit."""


def rows_of_chunk(chunk: Chunk) -> Rows:
    """The rows of its records, and that they are there."""
    for record in chunk.records:
        yield from rows_of(record)
    if chunk.records:
        yield POSITIONS, (chunk.topic, chunk.partition, chunk.after, chunk.records[-1].timestamp)


def rows_of(record: SourceRecord) -> Rows:
    """The rows of one record of any topic the sink reads. Raises UnknownEvent for what this version does not know."""
    if record.topic == dead_letter.TOPIC:
        return dead_letter_rows(record)
    event: Json = orjson.loads(record.value or b"{}")
    builder = BUILDERS.get(event.get("event", ""))
    if builder is None or event["version"] != 1:
        raise UnknownEvent(f"event {event.get('event')!r} version {event.get('version')!r} in {record.topic}")
    return builder(event, record)


def accepted_rows(event: Json, record: SourceRecord) -> Rows:
    """The new turns, but for a dry run, and the submission."""
    fields = _accepted_defaults() | event | _place(record)
    sent, turns = fields["options"], fields["turns"]
    options = _defaults(Options) | sent
    fields["trace_id"] = fields["headers"].get("trace-id", "")
    fields["metadata"] = _json(fields["metadata"])
    fields["write_active"], fields["write_passive"] = options["write_active"], options["write_passive"]
    if not options["dry_run"]:
        waits = options["write_passive"] and fields["outcome"] is None
        for turn in turns:
            row = fields | turn
            row["turn_index"] = turn["index"]
            row["observations"] = _tuples(Observation, OBSERVATION, row["observations"])
            row["to_extract"] = waits and _tells_something(turn)
            yield TURNS, TURNS.row(row)
    fields |= _source(fields["source"])
    fields["kind"] = "submission"
    fields["turns_stored"] = 0 if options["dry_run"] else len(turns)
    fields["resubmissions"] = 0
    fields["options"] = _options(sent)
    fields["entities"] = _tuples(Hint, HINT, fields["entities"])
    yield SUBMISSIONS, SUBMISSIONS.row(fields)


@cache
def _accepted_defaults() -> Json:
    """Of a submission and of its turns, which have no field in common."""
    return _defaults(SubmissionAccepted) | _defaults(Turn)


def _tells_something(turn: Json) -> bool:
    return "observations" in turn or not (turn["text"] == "" or turn["text"].isspace())


def resubmitted_rows(event: Json, record: SourceRecord) -> Rows:
    yield SUBMISSIONS, _short_submission(_defaults(JobResubmitted) | event, record, "resubmission")


def session_ended_rows(event: Json, record: SourceRecord) -> Rows:
    yield SUBMISSIONS, _short_submission(_defaults(SessionEnded) | event, record, "session_ended")


def flush_rows(event: Json, record: SourceRecord) -> Rows:
    yield SUBMISSIONS, _short_submission(_defaults(FlushRequested) | event, record, "flush")


def _short_submission(fields: Json, record: SourceRecord, kind: str) -> Row:
    """A record that brought no turns: what it does not say is empty."""
    return SUBMISSIONS.row(
        {
            **_defaults(SubmissionAccepted),
            "job_id": None,
            "attempt": 0,
            "turns_in": 0,
            "turns_stored": 0,
            "resubmissions": 0,
            "trace_id": fields["headers"].get("trace-id", ""),
            "metadata": "{}",
            **fields,
            **_place(record),
            **_source(fields["source"]),
            "kind": kind,
            "options": "",
        }
    )


def extraction_rows(event: Json, record: SourceRecord) -> Rows:
    """A call beats a journal hit, and the earlier of two alike: whatever comes again, the first one stays.

    A deferred window has no answer yet: its jobs say that it waits.
    """
    if event["outcome"] == "deferred":
        return
    fields = _defaults(WindowExtracted) | event
    fields["version"] = (0 if fields["journal_hit"] else _CALL) + _CALL - 1 - record.offset
    fields["candidates"] = len(fields["candidates"])
    fields["options"] = _json(_defaults(WindowOptions) | fields["options"])
    fields["job_headers"] = {share["job_id"]: share["headers"] for share in fields["jobs"] if "headers" in share}
    fields["jobs"] = _tuples(JobShare, SHARE, fields["jobs"])
    yield EXTRACTIONS, EXTRACTIONS.row(fields)


def dropped_rows(event: Json, record: SourceRecord) -> Rows:
    """`turnlog generations drop` has written the row; this one is for a database that is made anew."""
    yield GENERATIONS_DROPPED, (event["generation"],)


def fact_rows(event: Json, record: SourceRecord) -> Rows:
    fields = _defaults(FactRecorded) | event
    fields["asserted_by_role"] = fields["asserted_by"]["role"]
    fields["asserted_by_name"] = fields["asserted_by"].get("name")
    fields["evidence"] = _tuples(Evidence, EVIDENCE, fields["evidence"])
    fields["entities"] = _tuples(Entity, ENTITY, fields["entities"])
    fields["intervals"] = _tuples(Interval, INTERVAL, fields["intervals"])
    yield FACTS, FACTS.row(fields)


def window_resolved_rows(event: Json, record: SourceRecord) -> Rows:
    yield WINDOWS_RESOLVED, WINDOWS_RESOLVED.row(_defaults(WindowResolved) | event | {"version": record.offset})


def job_rows(event: Json, record: SourceRecord) -> Rows:
    fields = _job_defaults() | event
    source, options, candidates = event.get("source"), event.get("options"), event.get("candidates")
    if source:
        fields |= _source(source)
    fields["metadata"] = _json(fields["metadata"])
    fields["options"] = "" if options is None else _options(options)
    fields["candidates"] = _json(candidates) if candidates else ""
    fields["model_attempts"] = fields["attempts"]
    yield JOB_PARTS, JOB_PARTS.row(fields)


@cache
def _job_defaults() -> Json:
    return _defaults(JobChanged) | dict.fromkeys(SOURCE)


def dead_letter_rows(record: SourceRecord) -> Rows:
    """Where scope or job could not be read they are empty, so that they can stand in the key."""
    stored = dead_letter.from_record(record.value, record.headers)
    letter = stored.letter
    fields = {
        **letter._asdict(),
        **{name: getattr(letter, name) or "" for name in ("org_id", "user_id", "session_id")},
        "value": letter.value or b"",
        "bytes": stored.bytes,
        "sha256": stored.sha256,
        "headers": [(name, content or b"") for name, content in letter.headers],  # a header may hold null
        "source_topic": letter.topic,
        "source_partition": letter.partition,
        "source_offset": letter.offset,
        "sent_at": letter.timestamp,
        "letter_partition": record.partition,
        "letter_offset": record.offset,
        "recorded_at": record.timestamp,
        "version": record.offset,
    }
    yield DEAD_LETTERS, DEAD_LETTERS.row(fields)


def no_rows(event: Json, record: SourceRecord) -> Rows:
    """A tick says nothing to a reader; what a refusal has to say stands in its dead letter and its job."""
    return ()


BUILDERS: Mapping[str, Callable[[Json, SourceRecord], Rows]] = {
    "SubmissionAccepted": accepted_rows,
    "JobResubmitted": resubmitted_rows,
    "SubmissionRefused": no_rows,
    "SessionEnded": session_ended_rows,
    "FlushRequested": flush_rows,
    "ConversationIdled": no_rows,
    "WindowExtracted": extraction_rows,
    "GenerationDropped": dropped_rows,
    "FactRecorded": fact_rows,
    "WindowResolved": window_resolved_rows,
    "JobChanged": job_rows,
}


def _place(record: SourceRecord) -> Json:
    """Where and when the conversation log took it."""
    return {
        "log_partition": record.partition,
        "log_offset": record.offset,
        "recorded_at": record.timestamp,
        "version": record.offset,
    }


def _source(source: Json) -> Json:
    """Where the publisher's record lay first."""
    return {column: source[name] for column, name in SOURCE.items()}


def _json(value: object) -> str:
    return _EMPTY[type(value)] if not value and type(value) in _EMPTY else codec.dumps(value).decode()


_EMPTY: Mapping[type, str] = {dict: "{}", list: "[]"}


def _options(options: Json) -> str:
    """With their defaults, as JSON."""
    return _json(_defaults(Options) | options) if options else _no_options()


@cache
def _no_options() -> str:
    return _json(_defaults(Options))


@cache
def _defaults(model: type[BaseModel]) -> Json:
    """What an event means where it says nothing; values inside it as plain fields."""
    defaults = {
        name: field.get_default(call_default_factory=True)
        for name, field in model.model_fields.items()
        if not field.is_required()
    }
    return {name: value.model_dump() if isinstance(value, BaseModel) else value for name, value in defaults.items()}


def _tuples(model: type[BaseModel], names: Sequence[str], values: Iterable[Json]) -> Sequence[Row]:
    """Parts of an event as tuples of these fields."""
    if not values:
        return ()
    defaults, pick = _defaults(model), itemgetter(*names)
    return [pick(defaults | value) for value in values]
