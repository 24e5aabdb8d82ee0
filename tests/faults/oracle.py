"""What has to be stored of the records that were sent, worked out from their bytes alone, by the contract's words.

It knows no more of turnlog than a publisher does: nothing is imported from it.
"""

import json
from collections import Counter
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, NamedTuple

from tests.faults.workload import Sent

Name = tuple[str, ...]
"""What tells a turn from all others: its conversation, and its event id or else who said what when."""
Letter = tuple[str, str]
"""A dead letter: its code, and the SHA-256 of the record."""
ROLES = ("user", "assistant")


class Expected(NamedTuple):
    """Every turn with its text; every dead letter; how many records turnlog accounts for."""

    turns: dict[Name, str]
    letters: Counter[Letter]
    records: int


def expected(sent: Iterable[Sent]) -> Expected:
    """`sent`: in an order that keeps that of each key."""
    turns: dict[Name, str] = {}
    letters: Counter[Letter] = Counter()
    jobs: dict[Any, Any] = {}
    records = 0
    for record in sent:
        records += 1
        if code := _take(record, turns, jobs):
            letters[code, sha256(record.value).hexdigest()] += 1
    return Expected(turns, letters, records)


def accepted(sent: Iterable[Sent]) -> list[Sent]:
    """Submissions that were not refused: sending one again changes nothing."""
    turns, jobs = dict[Name, str](), dict[Any, Any]()
    codes = [(record, _take(record, turns, jobs)) for record in sent]
    return [record for record, code in codes if code in (None, "TURN_CONFLICT") and b'"turns"' in record.value]


def _take(record: Sent, turns: dict[Name, str], jobs: dict[Any, Any]) -> str | None:
    """Take in one record -> the code of its dead letter, if it makes one."""
    try:
        fields = json.loads(record.value)
    except ValueError:
        return "MALFORMED"
    if "type" in fields:
        return None
    said = fields["turns"]
    if any(turn["role"] not in ROLES for turn in said):
        return "VALIDATION_ERROR"
    scope = (fields["org_id"], fields["user_id"])
    what = json.dumps([fields["session_id"], said, fields.get("options")])
    job = (*scope, fields.get("job_id") or what)
    if job in jobs:
        return None if jobs[job] == what else "IDEMPOTENCY_CONFLICT"
    jobs[job] = what
    kept = {} if fields.get("options", {}).get("dry_run") else turns
    conversation = (*scope, fields["session_id"])
    texts = [(name_of(conversation, turn), turn["text"]) for turn in said]
    return "TURN_CONFLICT" if [name for name, text in texts if kept.setdefault(name, text) != text] else None


def name_of(conversation: Name, turn: dict[str, Any]) -> Name:
    if event_id := turn.get("event_id"):
        return (*conversation, event_id)
    return (*conversation, turn["role"], turn["text"], str(turn["timestamp"]))
