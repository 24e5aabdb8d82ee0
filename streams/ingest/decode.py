"""A record's bytes to a submission or control record in our own terms, or the refusal. Knows no state and no clock."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

import orjson
from pydantic import ValidationError

from schemas.event import Json, Visibility
from schemas.submission import (
    MAX_RECORD_BYTES,
    MAX_TAGS,
    ROLE_ALIASES,
    Control,
    SentEntity,
    SentObservation,
    SentOptions,
    SentTurn,
    Submission,
)
from streams.errors import Invalid, Malformed, PermanentError, PolicyDenied, TooLarge
from streams.ingest.metadata import read_metadata
from streams.ingest.times import EARLIEST_OCCURRED, read_time

DEFAULT_SESSION: Final = "default-session"
CONTROLS: Final = ("session_ended", "flush")
ROLES: Final[Mapping[str, str]] = ROLE_ALIASES | {r: r for r in ("user", "assistant", "system", "tool", "document")}
NOT_A_TIME: Final = "must be RFC 3339 or epoch seconds or milliseconds, from 1970 to 2199"


class ReadObservation(NamedTuple):
    """A fact the publisher sent along; a field that was absent is None."""

    content: str
    type: str | None
    confidence: float | None
    occurred_at: int | None


class ReadTurn(NamedTuple):
    """A turn as read; `said_at` is None where none was sent."""

    role: str
    text: str
    name: str | None
    said_at: int | None
    event_id: str | None
    observations: tuple[ReadObservation, ...] = ()


class ReadOptions(NamedTuple):
    """The options of `schemas.log.Options`, as a value that is cheap to compare."""

    write_active: bool = True
    write_passive: bool = True
    infer: bool = True
    dry_run: bool = False
    max_facts: int = 20
    model: str | None = None
    flush: bool = False


class ReadSubmission(NamedTuple):
    """A submission that keeps every rule of the contract; its scope was read before."""

    session_id: str
    job_id: str | None
    turns: tuple[ReadTurn, ...]
    options: ReadOptions = ReadOptions()
    context: str | None = None
    title: str | None = None
    document_id: str | None = None
    collection_id: str | None = None
    visibility: Visibility = "user"
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Json] = {}
    entities: tuple[tuple[str, str | None], ...] = ()
    unknown_fields: int = 0


_LABELS_FROM: Final = ReadSubmission._fields.index("options")
_NO_LABELS: Final = ReadSubmission("", None, ())[_LABELS_FROM:]


def bare(session_id: str, job_id: str | None, turns: tuple[ReadTurn, ...]) -> ReadSubmission:
    """`ReadSubmission` of these alone. Filling in its defaults one by one costs four times as much."""
    return tuple.__new__(ReadSubmission, (session_id, job_id, turns, *_NO_LABELS))


def is_bare(sent: ReadSubmission) -> bool:
    """Whether it is turns and ids alone: everything else is at its default."""
    return sent[_LABELS_FROM:] == _NO_LABELS


class ReadControl(NamedTuple):
    """A control record; `type` is one of CONTROLS."""

    type: str
    session_id: str
    unknown_fields: int = 0


class Policy(NamedTuple):
    """What the settings allow."""

    shared_visibility_orgs: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()


def read_object(record: bytes | None) -> dict[str, Any]:
    """The JSON object in a record. Raises Malformed or TooLarge."""
    if record is None:
        raise Malformed("the record has no value")
    if len(record) > MAX_RECORD_BYTES:
        raise TooLarge(f"the record is over {MAX_RECORD_BYTES} bytes")
    try:
        fields = orjson.loads(record)
    except orjson.JSONDecodeError:
        raise Malformed("the record is not JSON in UTF-8") from None
    if not isinstance(fields, dict):
        raise Malformed("the record is not a JSON object")
    return fields


def read(fields: dict[str, Any], record: bytes, policy: Policy) -> ReadSubmission | ReadControl:
    """What the fields of a record say. Raises Invalid, TooLarge or PolicyDenied, with the path of the field.

    `record`: the bytes the fields were read from.
    """
    if b"null" in record:
        fields = _without_nulls(fields)
    type_ = fields.get("type", "submission")
    if type_ in CONTROLS:
        return _read_control(fields)
    if type_ != "submission":
        raise Invalid("must be submission, session_ended or flush", field="type")
    return _read_submission(fields, record, policy)


def _read_control(fields: dict[str, Any]) -> ReadControl:
    try:
        sent = Control.model_validate(fields)
    except ValidationError as error:
        raise _refusal(error) from None
    return ReadControl(sent.type, sent.session_id, len(fields.keys() - _CONTROL))


def _read_submission(fields: dict[str, Any], record: bytes, policy: Policy) -> ReadSubmission:
    metadata = read_metadata(fields["metadata"], record) if "metadata" in fields else {}
    try:
        sent = Submission.model_validate({**fields, "metadata": {}})
    except ValidationError as error:
        raise _refusal(error) from None
    _check_policy(sent, policy)
    return ReadSubmission(
        session_id=sent.session_id,
        job_id=sent.job_id,
        turns=tuple(_read_turn(turn, index) for index, turn in enumerate(sent.turns)),
        options=ReadOptions(**dict(sent.options)) if "options" in fields else ReadOptions(),
        context=sent.context,
        title=sent.title,
        document_id=sent.document_id,
        collection_id=sent.collection_id,
        visibility=sent.visibility,
        tags=_merge_tags(sent),
        metadata=metadata,
        entities=tuple((entity.text, entity.type) for entity in sent.entities),
        unknown_fields=_count_unknown(fields),
    )


def _read_turn(sent: SentTurn, index: int) -> ReadTurn:
    role = ROLES.get(sent.role)
    if role is None:
        raise Invalid("must be user, assistant, system, tool or document", field=f"turns.{index}.role")
    said_at = None
    if sent.timestamp is not None and (said_at := read_time(sent.timestamp)) is None:
        raise Invalid(NOT_A_TIME, field=f"turns.{index}.timestamp")
    observations = tuple(
        _read_observation(observation, f"turns.{index}.observations.{place}")
        for place, observation in enumerate(sent.observations or ())
    )
    return ReadTurn(role, sent.text, sent.name, said_at, sent.event_id, observations)


def _read_observation(sent: SentObservation, path: str) -> ReadObservation:
    occurred_at = None
    if sent.occurred_at is not None:
        occurred_at = read_time(sent.occurred_at, earliest=EARLIEST_OCCURRED)
        if occurred_at is None:
            raise Invalid(NOT_A_TIME.replace("1970", "1900"), field=f"{path}.occurred_at")
    return ReadObservation(sent.content, sent.type, sent.confidence, occurred_at)


def _check_policy(sent: Submission, policy: Policy) -> None:
    if sent.visibility != "user" and sent.org_id not in policy.shared_visibility_orgs:
        raise PolicyDenied("this organisation may only use user", field="visibility")
    if sent.options.model is not None and sent.options.model not in policy.models:
        raise PolicyDenied("is not on the list of models", field="options.model")


def _merge_tags(sent: Submission) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys((*sent.tags, *sent.document_tags)))
    if len(tags) > MAX_TAGS:
        raise Invalid(f"must be at most {MAX_TAGS}, those of the document included", field="tags")
    return tags


def _without_nulls(fields: dict[str, Any]) -> dict[str, Any]:
    """A field that is null is absent, at every level we know."""
    fields = {name: value for name, value in fields.items() if value is not None}
    for name in ("turns", "entities"):
        if isinstance(parts := fields.get(name), list):
            fields[name] = [_without_nulls_in(part) for part in parts]
    if "options" in fields:
        fields["options"] = _without_nulls_in(fields["options"])
    return fields


def _without_nulls_in(part: object) -> object:
    if not isinstance(part, dict):
        return part
    part = {name: value for name, value in part.items() if value is not None}
    if isinstance(observations := part.get("observations"), list):
        part["observations"] = [_without_nulls_in(observation) for observation in observations]
    return part


_SUBMISSION, _TURN, _OBSERVATION, _ENTITY, _OPTIONS = (
    frozenset(model.model_fields) for model in (Submission, SentTurn, SentObservation, SentEntity, SentOptions)
)
_CONTROL: Final = frozenset(Control.model_fields)
_KNOWN_NAMES: Final = _SUBMISSION | _TURN | _OBSERVATION | _ENTITY | _OPTIONS


def _count_unknown(fields: Mapping[str, Any]) -> int:
    """Fields that no model knows, in a record whose known ones are right."""
    turns = fields["turns"]
    return (
        len(fields.keys() - _SUBMISSION)
        + _count_beyond(_TURN, turns)
        + sum(_count_beyond(_OBSERVATION, turn["observations"]) for turn in turns if "observations" in turn)
        + _count_beyond(_ENTITY, fields.get("entities", ()))
        + _count_beyond(_OPTIONS, (fields.get("options", {}),))
    )


def _count_beyond(known: frozenset[str], parts: Iterable[Mapping[str, Any]]) -> int:
    return sum(len(part.keys() - known) for part in parts)


_RULES: Final[Mapping[str, str]] = {
    "missing": "is required",
    "string_type": "must be text",
    "string_too_short": "must not be empty",
    "string_too_long": "must be at most {max_length} characters",
    "tuple_type": "must be a list",
    "too_short": "must have at least {min_length} item",
    "too_long": "must have at most {max_length} items",
    "model_type": "must be an object",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "float_type": "must be a number",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "literal_error": "must be {expected}",
}


def _refusal(error: ValidationError) -> PermanentError:
    """The first broken rule in our words. Never the value; the path holds names of fields we know, and places."""
    first = error.errors(include_url=False, include_input=False)[0]
    path = [part for part in first["loc"] if isinstance(part, int) or part in _KNOWN_NAMES]
    rule = _RULES.get(first["type"], "is not valid").format_map(first.get("ctx", {}))
    if path[-1:] in (["timestamp"], ["occurred_at"]):
        rule = "must be text or a number"
    is_long_text = first["type"] == "string_too_long" and path[:1] == ["turns"] and path[-1] == "text"
    return (TooLarge if is_long_text else Invalid)(rule, field=".".join(map(str, path)))
