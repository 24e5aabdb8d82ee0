"""Seeded conversations: statements and small talk, with resends, conflicts, late, mis-keyed and malformed records.

Every turn has an event id or a time of its own, so two runs over the same records must end in the same views.
"""

import base64
import random
from collections.abc import Iterator
from typing import NamedTuple

import orjson

from streams.ids import scope_key

CITIES = ("Berlin", "Oslo", "Lisbon", "Turin", "Ghent", "Porto", "Graz", "Lyon")
THINGS = ("pasta", "hiking", "jazz", "green tea", "chess", "old maps", "rye bread", "swimming")
TALK = ("How was your day?", "That sounds good.", "Let me think about it.", "Did you see the news?", "Thanks a lot!")
START = 1_760_000_000_000


class Sent(NamedTuple):
    """A record as a publisher sends it; `key` None: no key, on whatever partition."""

    key: bytes | None
    value: bytes


def _text(draw: random.Random) -> str:
    kind = draw.randrange(10)
    if kind == 0:
        return f"I live in {draw.choice(CITIES)}."
    if kind == 1:
        return f"I like {draw.choice(THINGS)}."
    if kind == 2:
        return f"My sister lives in {draw.choice(CITIES)}."
    return f"{draw.choice(TALK)} {draw.choice(TALK)} ({draw.randrange(10**6)})"


def conversations(turns: int, *, seed: int, scopes: int = 200, size: int = 1, flaws: bool = True) -> Iterator[Sent]:
    """`turns` turns in submissions of `size`, then a session_ended record for every conversation.

    With `flaws` about one record in twenty is a resend, a conflict, mis-keyed or malformed.
    """
    draw = random.Random(seed)
    said: dict[tuple[str, str], int] = {}
    last: Sent | None = None
    for _ in range(turns // size):
        user, session = f"user-{draw.randrange(scopes)}", f"s{draw.randrange(3)}"
        first = said.get((user, session), 0)
        said[user, session] = first + size
        items: list[dict[str, object]] = [
            {
                "role": "user" if number % 3 else "assistant",
                "text": _text(draw),
                "event_id": f"e{number}",
                "timestamp": START + number * 60_000 + draw.randrange(50_000),
            }
            for number in range(first, first + size)
        ]
        sent = _sent(user, session, items)
        yield sent
        if flaws and last is not None and draw.random() < 0.05:
            yield _flaw(draw, last, user, session, items)
        last = sent
    for user, session in said:
        yield _sent(user, session, None)
    if flaws:
        yield _sent("astray", "s0", None)._replace(key=b"wrong key")


def _astray(draw: random.Random) -> Sent:
    """Of a user whose records all come with the same wrong key, so that their order is certain."""
    number = draw.randrange(10**9)
    item: dict[str, object] = {
        "role": "user",
        "text": _text(draw),
        "event_id": f"a{number}",
        "timestamp": START + number,
    }
    return _sent("astray", "s0", [item])._replace(key=b"wrong key")


def as_line(sent: Sent) -> bytes:
    """The record as a line that `turnlog publish` reads."""
    encoded = {"raw_b64": base64.b64encode(sent.value).decode()}
    if sent.key is not None:
        encoded["key_b64"] = base64.b64encode(sent.key).decode()
    return orjson.dumps(encoded) + b"\n"


def _sent(user: str, session: str, items: list[dict[str, object]] | None) -> Sent:
    scope = {"org_id": "acme", "user_id": user, "session_id": session}
    body = {"turns": items} if items is not None else {"type": "session_ended"}
    return Sent(scope_key("acme", user), orjson.dumps(scope | body))


def _flaw(draw: random.Random, last: Sent, user: str, session: str, items: list[dict[str, object]]) -> Sent:
    match draw.randrange(4):
        case 0:
            return last
        case 1:
            return _sent(user, session, [{**items[0], "text": "Something else altogether."}])
        case 2:
            return _astray(draw)
        case _:
            return Sent(b"acme/nobody", b'{"org_id": "acme", "turns": 7')
