"""A record of the log at which window crashes: a dead letter, and the end of the job that it began."""

import orjson

from schemas.job import JobChanged, State
from schemas.topics import jobs_topic
from streams import codec
from streams.counts import Name
from streams.errors import Internal
from streams.internal import letter_of, output_of, told
from streams.ports import Crashes, Effects, Output, SourceRecord
from streams.window.units import Fields

STAGE = "window"
ENDS: dict[str, State] = {"SubmissionAccepted": "failed", "SubmissionRefused": "dead_lettered"}
"""How the job ends that an event tells of first."""


def given_up(record: SourceRecord, crashes: Crashes, *, generation: int, kept: bool) -> Effects:
    """Raises for a record that is no event: then it tells of no job."""
    event: Fields = orjson.loads(record.value or b"")
    letter = letter_of(
        record,
        crashes,
        stage=STAGE,
        subject="submission" if "job_id" in event else "control",
        kept=kept,
        org_id=event["org_id"],
        user_id=event["user_id"],
        session_id=event["session_id"],
        job_id=event.get("job_id"),
        generation=generation,
    )
    outputs = [output_of(letter, record.key)]
    counts: dict[tuple[Name, str], int] = {("dead_letters", Internal.code): 1}
    if end := ENDS.get(event["event"]):
        outputs.append(
            Output(
                jobs_topic(generation),
                record.key,
                codec.encode(_end(record, event, generation, end, told(STAGE, crashes))),
            )
        )
        counts["jobs_ended", end] = 1
    return Effects(outputs, counts=counts)


def _end(record: SourceRecord, event: Fields, generation: int, state: State, error: str) -> JobChanged:
    """What the job begins with is also its end."""
    return JobChanged.model_validate(
        {
            "org_id": event["org_id"],
            "user_id": event["user_id"],
            "generation": generation,
            "session_id": event["session_id"],
            "job_id": event["job_id"],
            "attempt": event.get("attempt", 1),
            "part": "accepted",
            "revision": 1,
            "state": state,
            "at": record.timestamp,
            "reason": event.get("code", Internal.code),
            "error": event.get("message", error),
            "turns_in": event.get("turns_in", 0),
            "turns_stored": 0 if event.get("options", {}).get("dry_run") else len(event.get("turns", ())),
            "source": event["source"],
        }
    )
