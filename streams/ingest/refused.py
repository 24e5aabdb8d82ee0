"""Dead letters: what could not be accepted, with its original bytes, and why."""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from schemas.dead_letter import TOPIC, DeadLetter, Subject, to_record, written_under
from streams.errors import PermanentError
from streams.ids import Ids
from streams.ingest.decode import CONTROLS, DEFAULT_SESSION
from streams.ingest.headers import read_headers
from streams.ingest.redact import redact_id
from streams.ingest.rekey import Origin, Scope, is_id
from streams.ingest.times import arrival
from streams.ports import Output

STAGE = "ingest"


class Names(NamedTuple):
    """What can be read of a record whatever is wrong with it; the ids as sent, or as they are written."""

    subject: Subject = "submission"
    scope: Scope | None = None
    session_id: str | None = None
    job_id: str | None = None

    def written(self, ids: Ids, found: Counter[str]) -> "Names":
        """With ids that hold no secret; `found` counts them by kind."""
        session_id, job_id = (
            None if sent is None else redact_id(ids, sent, found) for sent in (self.session_id, self.job_id)
        )
        return self._replace(session_id=session_id, job_id=job_id)


def names_in(fields: Mapping[str, Any], scope: Scope | None) -> Names:
    """The names of a record's fields, as far as they are right."""
    type_ = fields.get("type") or "submission"
    session_id = fields.get("session_id") or DEFAULT_SESSION
    job_id = fields.get("job_id")
    return Names(
        "control" if type_ in CONTROLS else "submission",
        scope,
        None if scope is None else session_id if is_id(session_id) else DEFAULT_SESSION,
        # a control record that is not known yet may name the job of another record
        job_id if is_id(job_id) and type_ == "submission" else None,
    )


def dead_letter(
    error: PermanentError,
    origin: Origin,
    names: Names,
    *,
    kept: bool,
    attempt: int = 1,
    turn_ids: Sequence[str] = (),
) -> Output:
    """The record for the dead-letter topic. `names`: as they are written.

    `kept`: whether it may hold what was sent as it was: value, key and headers.
    """
    scope = names.scope
    letter = DeadLetter(
        code=error.code,
        message=str(error),
        stage=STAGE,
        subject="turns" if turn_ids else names.subject,
        topic=origin.topic,
        partition=origin.partition,
        offset=origin.offset,
        timestamp=arrival(origin.timestamp),
        key=origin.key if kept else None,
        value=origin.value,
        headers=tuple(origin.headers) if kept else _known_headers(origin),
        field=error.field,
        org_id=scope and scope.org_id,
        user_id=scope and scope.user_id,
        session_id=names.session_id,
        job_id=names.job_id,
        turn_ids=tuple(turn_ids),
        attempt=attempt,
        retryable=error.retryable,
        kept=kept,
    )
    content, headers = to_record(letter)
    return Output(TOPIC, scope.key if scope else written_under(letter.key), content, headers)


def _known_headers(origin: Origin) -> tuple[tuple[str, bytes], ...]:
    return tuple((name, text.encode()) for name, text in read_headers(origin, Counter()).items())
