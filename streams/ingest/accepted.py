"""Events of the log as bytes, made straight from what was decided: SubmissionAccepted and its small companions.

The bytes are those `codec.encode` makes of the event, at a fifth of the cost; the tests compare the two.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from streams import codec
from streams.ingest.decode import ReadObservation, ReadOptions, ReadSubmission, ReadTurn, is_bare
from streams.ingest.rekey import Origin, Scope
from streams.ingest.times import arrival

_DEFAULT = ReadOptions()
Kind = Literal["JobResubmitted", "SessionEnded", "FlushRequested"]


class Decision(NamedTuple):
    """What ingest decided about a submission. `new`: index and turn id of the turns that are."""

    job_id: str
    attempt: int
    new: Sequence[tuple[int, str]]
    duplicate: int
    conflicting: int
    weak: int
    outcome: str | None
    reason: str | None


def outcome_of(sent: ReadSubmission, new: Sequence[tuple[int, str]], conflicting: int) -> tuple[str | None, str | None]:
    """Where nothing of a submission is to be extracted: how its job ends already, and why."""
    if not new:
        return ("completed_empty", "turn_conflict") if conflicting else ("skipped_duplicate", None)
    if not sent.options.write_passive:
        return "completed_empty", "write_passive_off"
    for index, _ in new:
        if sent.turns[index].observations or not _is_blank(sent.turns[index].text):
            return None, None
    return "completed_empty", "no_text"


def _is_blank(text: str) -> bool:
    return not text or text.isspace()


def accepted(
    scope: Scope,
    sent: ReadSubmission,
    decision: Decision,
    origin: Origin,
    headers: Mapping[str, str],
    redactions: Mapping[str, int],
) -> bytes:
    """The event. `sent`: redacted."""
    event: dict[str, Any] = {
        "event": "SubmissionAccepted",
        "version": 1,
        "org_id": scope.org_id,
        "user_id": scope.user_id,
        "session_id": sent.session_id,
        "job_id": decision.job_id,
    }
    if decision.attempt != 1:
        event["attempt"] = decision.attempt
    event["turns"] = [_turn(sent.turns[index], index, turn_id, origin) for index, turn_id in decision.new]
    event["turns_in"] = len(sent.turns)
    _add_counts(event, decision)
    if not is_bare(sent):
        _add_labels(event, sent)
    event["headers"] = headers
    _add_what_was_met(event, redactions, sent.unknown_fields, origin)
    return codec.dumps(event)


def accepted_new(
    scope: Scope,
    sent: ReadSubmission,
    new: Sequence[tuple[int, str]],
    job_id: str,
    origin: Origin,
    headers: Mapping[str, str],
) -> bytes:
    """The same for the ordinary one: all turns are new, and there is nothing else to tell.

    In one display each, for a dictionary that grows costs three times as much: that was a tenth of ingest.
    """
    return codec.dumps(
        {
            "event": "SubmissionAccepted",
            "version": 1,
            "org_id": scope.org_id,
            "user_id": scope.user_id,
            "session_id": sent.session_id,
            "job_id": job_id,
            "turns": [_turn(sent.turns[index], index, turn_id, origin) for index, turn_id in new],
            "turns_in": len(sent.turns),
            "headers": headers,
            "source": _source(origin),
        }
    )


def noted(
    kind: Kind,
    scope: Scope,
    session_id: str,
    fields: Mapping[str, Any],
    origin: Origin,
    headers: Mapping[str, str],
    redactions: Mapping[str, int],
    unknown_fields: int,
) -> bytes:
    """An event without turns. `fields`: what only it has, as far as they are not at their default."""
    event: dict[str, Any] = {
        "event": kind,
        "version": 1,
        "org_id": scope.org_id,
        "user_id": scope.user_id,
        "session_id": session_id,
        **fields,
        "headers": headers,
    }
    _add_what_was_met(event, redactions, unknown_fields, origin)
    return codec.dumps(event)


def _add_what_was_met(
    event: dict[str, Any], redactions: Mapping[str, int], unknown_fields: int, origin: Origin
) -> None:
    if redactions:
        event["redactions"] = redactions
    if unknown_fields:
        event["unknown_fields"] = unknown_fields
    if origin.rekeyed:
        event["rekeyed"] = True
    event["source"] = _source(origin)


def _source(origin: Origin) -> dict[str, Any]:
    return {
        "topic": origin.topic,
        "partition": origin.partition,
        "offset": origin.offset,
        "timestamp": origin.timestamp,
    }


def _add_counts(event: dict[str, Any], decision: Decision) -> None:
    if decision.duplicate:
        event["turns_duplicate"] = decision.duplicate
    if decision.conflicting:
        event["turns_conflicting"] = decision.conflicting
    if decision.weak:
        event["turns_weak"] = decision.weak
    if decision.outcome:
        event["outcome"] = decision.outcome
    if decision.reason:
        event["reason"] = decision.reason


def _turn(turn: ReadTurn, index: int, turn_id: str, origin: Origin) -> dict[str, Any]:
    role, text, name, said_at, event_id, observations = turn
    if name is None and said_at is not None and event_id is not None and not observations:
        return {
            "turn_id": turn_id,
            "role": role,
            "text": text,
            "said_at": said_at,
            "event_id": event_id,
            "index": index,
        }
    fields: dict[str, Any] = {"turn_id": turn_id, "role": role}
    if name is not None:
        fields["name"] = name
    fields["text"] = text
    if said_at is None:
        fields["said_at"] = arrival(origin.timestamp)
        fields["time_is_arrival"] = True
    else:
        fields["said_at"] = said_at
    if event_id is not None:
        fields["event_id"] = event_id
    fields["index"] = index
    if observations:
        fields["observations"] = [_without_none(seen) for seen in observations]
    return fields


def _without_none(value: ReadObservation) -> dict[str, Any]:
    return {name: part for name, part in value._asdict().items() if part is not None}


def _options(options: ReadOptions) -> dict[str, Any]:
    default = _DEFAULT._asdict()
    return {name: value for name, value in options._asdict().items() if value != default[name]}


def _add_labels(event: dict[str, Any], sent: ReadSubmission) -> None:
    if sent.options != _DEFAULT:
        event["options"] = _options(sent.options)
    for name in ("context", "title", "document_id", "collection_id"):
        if (value := getattr(sent, name)) is not None:
            event[name] = value
    if sent.visibility != "user":
        event["visibility"] = sent.visibility
    if sent.tags:
        event["tags"] = sent.tags
    if sent.metadata:
        event["metadata"] = sent.metadata
    if sent.entities:
        event["entities"] = [
            {"text": text} if type_ is None else {"text": text, "type": type_} for text, type_ in sent.entities
        ]
