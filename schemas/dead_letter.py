"""A dead letter: the original bytes as value, everything else in headers. Never part of it: the text of a turn."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from schemas.submission import MAX_HEADERS

TOPIC = "dead-letters"
MAX_VALUE = 3 << 20
KEPT_OF_LARGE = 64 << 10
MAX_KEY = 64 << 10
"""Longer keys stand in the dead letter once, not twice: as what was sent, and not as the key it is written under."""

Subject = Literal["submission", "control", "turns", "window"]


class DeadLetter(NamedTuple):
    """What could not be processed, where it lay, and why.

    `subject`: what was refused: a whole submission, a control record, some turns of an accepted submission
    (conflicts), or a window whose extraction failed. `generation`: whose window; the rest belongs to none.
    """

    code: str
    message: str
    stage: str
    subject: Subject
    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...] = ()
    field: str | None = None
    org_id: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    job_id: str | None = None
    turn_ids: tuple[str, ...] = ()
    attempt: int = 1
    generation: int | None = None
    retryable: bool = False
    kept: bool = True


def to_record(letter: DeadLetter) -> tuple[bytes | None, tuple[tuple[str, bytes], ...]]:
    """Value and headers of the record to write. Above 3 MiB only the first 64 KiB and the hash are kept."""
    value = letter.value
    about = {name: part for name, part in letter._asdict().items() if name not in ("key", "value", "headers", "kept")}
    about |= {"bytes": None if value is None else len(value), "sha256": sha256(value or b"").hexdigest()}
    if value is not None and not letter.kept:
        value, about["kept"] = b"", 0
    elif value is not None and len(value) > MAX_VALUE:
        value, about["kept"] = value[:KEPT_OF_LARGE], KEPT_OF_LARGE
    headers = [("turnlog", json.dumps(about, ensure_ascii=True).encode())]
    if letter.key is not None:
        headers.append(("original-key", letter.key))
    headers += [(f"original.{name}", content) for name, content in letter.headers[:MAX_HEADERS]]
    return value, tuple(headers)


def written_under(key: bytes | None) -> bytes | None:
    """The key of a dead letter whose scope could not be read: that of the original record, unless it is too long."""
    return key if key is None or len(key) <= MAX_KEY else None


class StoredDeadLetter(NamedTuple):
    """A dead letter read back; `bytes`: length of the original value, `kept`: how much of it is here."""

    letter: DeadLetter
    bytes: int
    sha256: str


def from_record(value: bytes | None, headers: Sequence[tuple[str, bytes]]) -> StoredDeadLetter:
    """The inverse of `to_record`. Raises KeyError or ValueError for a record that is none."""
    named = dict(headers)
    try:
        return _read(value, headers, named.get("original-key"), json.loads(named["turnlog"]))
    except (TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"the header turnlog is of another form: {type(error).__name__}") from None


def _read(
    value: bytes | None, headers: Sequence[tuple[str, bytes]], key: bytes | None, about: dict[str, Any]
) -> StoredDeadLetter:
    size, digest = about.pop("bytes") or 0, about.pop("sha256")
    kept = about.pop("kept", None)
    original = tuple(
        (name.removeprefix("original."), content) for name, content in headers if name.startswith("original.")
    )
    known = {name: part for name, part in about.items() if name in DeadLetter._fields}
    fields = known | {"turn_ids": tuple(about["turn_ids"]), "kept": kept is None}
    return StoredDeadLetter(DeadLetter(key=key, value=value, headers=original, **fields), size, digest)
