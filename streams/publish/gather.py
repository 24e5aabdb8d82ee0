"""Turns become submissions: consecutive turns of one session, cut where a submission would grow too large."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from schemas.submission import MAX_TURNS
from streams.ids import scope_key
from streams.publish.entry import Conversation, Entry
from streams.publish.lines import InputError

MAX_BYTES = 900 << 10
OPTIONAL = (("event_id", "turn_id"), ("name", "speaker"), ("timestamp", "timestamp"))


def gather(turns: Iterable[tuple[int, dict[str, Any]]], *, people: bool) -> Iterator[Entry]:
    """Submissions of at most 200 turns and 900 KiB. `turns`: line number and fields, all of one session."""
    pending: list[bytes] = []
    size, begin, conversation = 0, 0, None
    for line, fields in turns:
        conversation = conversation or read_conversation(fields, line)
        turn = orjson.dumps(read_turn(fields, line, people=people))
        if pending and (len(pending) == MAX_TURNS or size + len(turn) > MAX_BYTES):
            yield _submission(begin, conversation, pending)
            pending, size = [], 0
        begin = begin if pending else line
        pending.append(turn)
        size += len(turn) + 1
    if conversation is not None:
        yield _submission(begin, conversation, pending)


def read_conversation(fields: dict[str, Any], line: int) -> Conversation:
    """Raises InputError where a name is missing."""
    return Conversation(*(_text(fields, name, line) for name in ("source", "conversation_id", "session_id")))


def read_turn(fields: dict[str, Any], line: int, *, people: bool) -> dict[str, Any]:
    """The turn as a submission has it; what is null or absent is left out. Raises InputError without role or text."""
    turn = {"role": "user" if people else _text(fields, "role", line), "text": _text(fields, "text", line)}
    for ours, theirs in OPTIONAL:
        if (value := fields.get(theirs)) is not None:
            turn[ours] = value
    return turn


def _text(fields: dict[str, Any], name: str, line: int) -> str:
    value = fields.get(name)
    if not isinstance(value, str):
        raise InputError(f"line {line}: a turn needs {name} as text")
    return value


def _submission(line: int, conversation: Conversation, turns: list[bytes]) -> Entry:
    fields = {**conversation._asdict(), "turns": list(map(orjson.Fragment, turns))}
    key = scope_key(conversation.org_id, conversation.user_id)
    return Entry(line, key, orjson.dumps(fields), conversation=conversation, turns=len(turns))
