"""Submissions as a client sends them that is not careful: overlapping, some twice, with ids and texts of every kind."""

import json
from collections.abc import Iterator
from itertools import cycle
from typing import NamedTuple

from streams.ids import scope_key

USERS = ("ann", "ben", "a/b", "50%", "%2F", "Zoë 🙂", "x" * 256, *(f"user-{number}" for number in range(30)))
NEW, OVERLAP = 5, 2
TEXT = 'Line\u2028separator, next\u0085line, tab\t, "quotes", ça va? 🙂'


class Sent(NamedTuple):
    """One record. `again`: the one before it once more."""

    user: str
    line: bytes
    new: int
    known: int
    again: bool = False


def workload(org_id: str, turns: int) -> list[Sent]:
    """`turns` turns, each new once: submissions begin with the last two turns of the one before; every fifth twice."""
    sent: list[Sent] = []
    users = cycle(USERS)
    said = dict.fromkeys(USERS, 0)
    while turns:
        user, new = next(users), min(NEW, turns)
        known = min(OVERLAP, said[user])
        items = [_turn(number) for number in range(said[user] - known, said[user] + new)]
        fields = {"org_id": org_id, "user_id": user, "session_id": "s", "turns": items}
        sent.append(Sent(user, json.dumps(fields, ensure_ascii=False).encode(), new, known))
        said[user] += new
        turns -= new
        if len(sent) % 5 == 0:
            sent.append(sent[-1]._replace(again=True))
    return sent


def _turn(number: int) -> dict[str, str]:
    return {"role": "user", "text": f"{TEXT} {number}", "event_id": f"e{number}"}


def keys(org_id: str, sent: list[Sent]) -> Iterator[bytes]:
    """The key of each record."""
    return (scope_key(org_id, record.user) for record in sent)


class Line(NamedTuple):
    """A line that is told as failed if it is `bad`."""

    content: bytes
    bad: bool = False


def awkward(org_id: str) -> list[Line]:
    """Much in one partition, a record larger than the topic takes, and what is no submission; good ones around each."""
    small: dict[str, object] = {"org_id": org_id, "user_id": "ann", "turns": [_turn(0)]}
    large = [Line(_encode({**small, "filler": "x" * 20_000}))] * 200
    good = Line(_encode(small))
    return [
        good,
        Line(_encode({**small, "filler": "x" * (3 << 20)}), bad=True),
        *large,
        Line(b"not json", bad=True),
        good,
        Line(b"", bad=True),
        Line(b"[]", bad=True),
        good,
        Line(_encode({"org_id": org_id, "turns": []}), bad=True),
        Line(_encode({**small, "org_id": None}), bad=True),
        good,
    ]


def _encode(fields: dict[str, object]) -> bytes:
    return json.dumps(fields).encode()
