"""The short way through decode for the plain common case: text turns and ids, nothing else.

It never refuses. What it does not take goes the long way, and what it takes reads the same there.
"""

from typing import Any, Final

from schemas.submission import MAX_TEXT, MAX_TURNS
from streams.ingest.decode import DEFAULT_SESSION, ROLES, ReadSubmission, ReadTurn, bare
from streams.ingest.times import read_time

_FIELDS: Final = frozenset({"org_id", "user_id", "session_id", "job_id", "turns"})
_TURN_FIELDS: Final = frozenset({"role", "text", "name", "timestamp", "event_id"})
_TIME_TYPES: Final = (str, int, float)
_LONGEST: Final = 256


def read_plain(fields: dict[str, Any]) -> ReadSubmission | None:
    """A submission that is plain and right, else None. Its scope was read before, so it is right."""
    if not fields.keys() <= _FIELDS:
        return None
    session_id, job_id, sent = fields.get("session_id", DEFAULT_SESSION), fields.get("job_id"), fields.get("turns")
    if type(sent) is not list or not 0 < len(sent) <= MAX_TURNS:
        return None
    if type(session_id) is not str or not 0 < len(session_id) <= _LONGEST:
        return None
    if job_id is not None and (type(job_id) is not str or not 0 < len(job_id) <= _LONGEST):
        return None
    turns = tuple(map(_read_turn, sent))
    return None if None in turns else bare(session_id, job_id, turns)  # type: ignore[arg-type]


def _read_turn(fields: Any) -> ReadTurn | None:
    if type(fields) is not dict or not fields.keys() <= _TURN_FIELDS:
        return None
    role, text, name = fields.get("role"), fields.get("text"), fields.get("name")
    sent_at, event_id = fields.get("timestamp"), fields.get("event_id")
    if type(text) is not str or len(text) > MAX_TEXT or type(role) is not str or role not in ROLES:
        return None
    if name is not None and (type(name) is not str or len(name) > _LONGEST):
        return None
    if event_id is not None and (type(event_id) is not str or not 0 < len(event_id) <= _LONGEST):
        return None
    said_at = None
    if sent_at is not None and (type(sent_at) not in _TIME_TYPES or (said_at := read_time(sent_at)) is None):
        return None
    return ReadTurn(ROLES[role], text, name, said_at, event_id)
