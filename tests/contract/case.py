"""A case of the contract: records that are sent in a scope of its own, and the rows that must follow."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson

ORG = "acme"
"""May use no shared visibility; `open` may."""
Row = Mapping[str, Any]
"""Some columns of a row: a value, or a predicate that must hold."""


class Sent(NamedTuple):
    """One record. `key`: None for none, "own" for the canonical one."""

    value: Any
    key: bytes | str | None = "own"
    headers: tuple[tuple[str, bytes], ...] = ()
    partition: int | None = None
    """How far from the scope's own partition it is sent."""


class Case(NamedTuple):
    """`views`: the rows of a view that must be there, in order and no others; `early`: those while a window waits."""

    name: str
    sent: tuple[Sent, ...]
    views: Mapping[str, Sequence[Row]]
    org: str
    user: str
    early: Mapping[str, Sequence[Row]]


def case(
    name: str,
    *sent: Any,
    org: str = ORG,
    user: str = "",
    early: Mapping[str, Sequence[Row]] | None = None,
    **views: Any,
) -> Case:
    """`sent`: `Sent`, bytes, None, or the fields of a record without its scope; a view's rows: one or a list."""
    user = user or name
    records = tuple(_in_scope(record if isinstance(record, Sent) else Sent(record), org, user) for record in sent)
    rows = {view: rows if isinstance(rows, list) else [rows] for view, rows in views.items()}
    return Case(name, records, rows, org, user, early or {})


def _in_scope(record: Sent, org: str, user: str) -> Sent:
    if isinstance(record.value, dict):
        return record._replace(value=orjson.dumps({"org_id": org, "user_id": user, **record.value}))
    return record


def turn(text: str = "The sky was grey.", **fields: Any) -> dict[str, Any]:
    return {"role": "user", "text": text, **fields}


def submission(*turns: Any, **fields: Any) -> dict[str, Any]:
    """Closes its window, unless its options say something else."""
    return {"turns": list(turns) or [turn()], "options": {"flush": True}, **fields}


def refused(name: str, fields: Any, code: str, field: str | None, *, message: str = "", **how: Any) -> Case:
    """A record that is refused whole, with the path of the field; its job ends as a dead letter."""
    letter: dict[str, Any] = {"code": code, "field": field, "stage": "ingest", "retryable": False, "kept": True}
    letter["message"] = lambda text: message in text and (field is None or text.startswith(f"{field}: "))
    views: dict[str, Any] = {"dead_letters": letter, "submissions": [], "turns": [], "jobs": []}
    if isinstance(fields, dict) and "turns" in fields and "job_id" not in fields:
        fields = {"job_id": "j", **fields}
        error = lambda text: text.startswith(f"{field}: ")  # noqa: E731
        views["jobs"] = {"job_id": "j", "state": "dead_lettered", "reason": code, "error": error, "turns_stored": 0}
        letter["job_id"] = "j"
    return case(name, fields, **{**views, **how})


def is_set(value: Any) -> bool:
    return value is not None and value != ""


def find_difference(expected: Sequence[Row], rows: Sequence[Row], *, ordered: bool = True) -> str | None:
    """What is wrong with the rows; None where nothing is."""
    if len(rows) != len(expected):
        return f"{len(rows)} rows instead of {len(expected)}: {rows}"
    left = list(rows)
    for wanted in expected:
        differences = [_difference(wanted, row) for row in left]
        place = 0 if ordered or None not in differences else differences.index(None)
        if differences[place] is not None:
            return f"{differences[place]} in {left[place]}"
        del left[place]
    return None


def _difference(wanted: Row, row: Row) -> str | None:
    for column, value in wanted.items():
        found = row[column]
        if not (value(found) if callable(value) else value == found and type(value) is type(found)):
            return f"{column} is {found!r} instead of {value!r}"
    return None
