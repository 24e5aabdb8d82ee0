"""What is to be published: one record with what we know of it, whoever wrote it."""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, TypeGuard

import orjson

from streams.ids import scope_key

DEFAULT_SESSION = "default-session"
CLOSING = ("session_ended", "flush")
MAX_ID = 256


class Conversation(NamedTuple):
    """One session of one scope."""

    org_id: str
    user_id: str
    session_id: str


class Entry(NamedTuple):
    """One record for the publishers' topic. `line`: where it begins in its file."""

    line: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    kind: Literal["submission", "control"] = "submission"
    conversation: Conversation | None = None
    turns: int = 0


def describe(fields: Mapping[str, Any]) -> tuple[Literal["submission", "control"], Conversation | None, int]:
    """Kind, conversation and number of turns, as far as the fields of a record tell."""
    kind: Literal["submission", "control"] = "control" if fields.get("type") in CLOSING else "submission"
    turns = fields.get("turns")
    return kind, _conversation(fields), len(turns) if isinstance(turns, list) else 0


def key_of(fields: Mapping[str, Any]) -> bytes | None:
    """The canonical key, where the fields name a scope."""
    conversation = _conversation(fields)
    return scope_key(conversation.org_id, conversation.user_id) if conversation else None


def session_ended(conversation: Conversation, line: int) -> Entry:
    """The control record that closes a conversation."""
    value = orjson.dumps({"type": "session_ended", **conversation._asdict()})
    key = scope_key(conversation.org_id, conversation.user_id)
    return Entry(line, key, value, kind="control", conversation=conversation)


def _conversation(fields: Mapping[str, Any]) -> Conversation | None:
    session = fields.get("session_id")
    names = [fields.get("org_id"), fields.get("user_id"), DEFAULT_SESSION if session is None else session]
    ids = [name for name in names if _is_id(name)]
    return Conversation(*ids) if len(ids) == len(names) else None


def _is_id(name: Any) -> TypeGuard[str]:
    if not isinstance(name, str) or not 0 < len(name) <= MAX_ID:
        return False
    return not any("\ud800" <= letter <= "\udfff" for letter in name)  # half of a pair has no UTF-8
