"""What has to be stored of the records that were sent, worked out from their bytes alone, by the contract's words, and
what is stored against it.

It takes no rule from turnlog: as publishers and readers do, it knows the form of a record and columns of two views.
(The keys of the workload are turnlog's own, by the function that is there for publishers.)
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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


def wrongly_stored(
    expected: Expected, turns: Iterable[Mapping[str, Any]], letters: Iterable[Mapping[str, Any]]
) -> list[str]:
    """Rows of the views `turns` and `dead_letters` against what was sent, each difference with its kind before it."""
    rows = list(turns)
    found, texts = Counter(map(_stored_name, rows)), {_stored_name(row): row["text"] for row in rows}
    told = [f"lost: {name}" for name in expected.turns.keys() - found.keys()]
    told += [f"unknown: {name}" for name in found.keys() - expected.turns.keys()]
    told += [f"doubled: {name}" for name, times in found.items() if times > 1]
    told += [f"altered: {name}" for name in found.keys() & expected.turns.keys() if texts[name] != expected.turns[name]]
    stored: Counter[Letter] = Counter((row["code"], row["sha256"]) for row in letters)
    told += [f"dead letter lost: {letter}" for letter in (expected.letters - stored).elements()]
    return told + [f"dead letter too many: {letter}" for letter in (stored - expected.letters).elements()]


class Kinds(NamedTuple):
    """How many differences say that something is missing, that it is there more than once, that it is another."""

    lost: int
    doubled: int
    altered: int


def count_kinds(told: Sequence[str]) -> Kinds:
    """Of what `wrongly_stored` said."""
    kinds = Counter(line.split(":")[0] for line in told)
    return Kinds(
        lost=kinds["lost"] + kinds["dead letter lost"],
        doubled=kinds["doubled"] + kinds["dead letter too many"],
        altered=kinds["unknown"] + kinds["altered"],
    )


def _stored_name(row: Mapping[str, Any]) -> Name:
    return name_of((row["org_id"], row["user_id"], row["session_id"]), {**row, "timestamp": row["said_at"]})


def name_of(conversation: Name, turn: Mapping[str, Any]) -> Name:
    if event_id := turn.get("event_id"):
        return (*conversation, event_id)
    return (*conversation, turn["role"], turn["text"], str(turn["timestamp"]))
