"""Bad records by the hundred, each with one thing wrong and a secret of its own, and good ones between them."""

from collections.abc import Iterator
from itertools import count
from typing import Any, NamedTuple

import orjson

from schemas.submission import MAX_RECORD_BYTES
from streams.ids import scope_key
from tests.contract.case import ORG, Sent

SECRET = "sk_live_Poison"
"""How every secret here begins. They open nothing."""
INVALID, MALFORMED, TOO_LARGE, DENIED = "VALIDATION_ERROR", "MALFORMED", "TOO_LARGE", "POLICY_DENY"
USERS = tuple(f"poisoned {number}" for number in range(6))
_numbers = count()


class Bad(NamedTuple):
    """A record that is refused; `field`: where, as its dead letter says."""

    name: str
    value: bytes | None
    code: str
    field: str | None
    headers: tuple[tuple[str, bytes], ...] = ()


def secret() -> str:
    return f"{SECRET}{next(_numbers):04}".ljust(32, "Q")


def _fields(user: str) -> dict[str, Any]:
    """Right as they are, and full of places."""
    return {
        "org_id": ORG,
        "user_id": user,
        "session_id": "s",
        "turns": [{
            "role": "user", "text": f"It is {secret()} .", "name": "Ann", "timestamp": "2024-05-01T12:00:00Z",
            "observations": [{"content": f"Known: {secret()}", "type": "fact", "confidence": 1.0, "occurred_at": 0}],
        }],
        "document_id": "d", "collection_id": "c", "title": f"of {secret()}", "context": "x", "tags": ["a"],
        "document_tags": ["b"], "entities": [{"text": "Eva", "type": "person"}], "metadata": {"k": secret()},
        "visibility": "user", "options": {"max_facts": 20},
    }  # fmt: skip


TEXT = {"a number": 7, "a list": ["x"], "an object": {"x": "y"}, "true": True}
OBJECT = {"a text": "x", "a number": 7, "a list in a list": [["x"]], "false": False}
LIST = {"a text": "x", "a number": 1.5, "an object": {"0": "x"}, "true": True}
TIME = {"a list": [1], "an object": {"at": 1}, "true": True, "no time": "soon", "too early": -1e15, "too late": 1e15}
NUMBER = {"a text": "1", "a list": [1], "true": True, "too large": 101, "too small": -0.5}
WRONG: dict[str, dict[str, Any]] = {
    **dict.fromkeys(("session_id", "document_id", "collection_id", "title"), TEXT | {"long": "é" * 257}),
    "org_id": TEXT | {"empty": "", "long": "x" * 257},
    "user_id": TEXT | {"empty": "", "long": "x" * 257, "a secret": f"{SECRET}User{'Q' * 14}"},
    "job_id": TEXT | {"empty": "", "long": "x" * 257},
    "context": TEXT | {"long": "x" * 1_001},
    "visibility": TEXT | {"another word": "all", "empty": ""},
    "type": TEXT | {"another word": "memory", "one to come": "retract_turn"},
    "turns": LIST | {"empty": [], "too many": [{"role": "user", "text": ""}] * 201},
    "turns.0": OBJECT,
    "turns.0.role": TEXT | {"another word": "root", "in capitals": "USER", "empty": ""},
    "turns.0.text": {**TEXT},
    "turns.0.name": TEXT | {"long": "x" * 257},
    "turns.0.event_id": TEXT | {"empty": "", "long": "x" * 257},
    "turns.0.timestamp": TIME,
    "turns.0.observations": LIST | {"too many": [{"content": "c"}] * 101},
    "turns.0.observations.0": OBJECT,
    "turns.0.observations.0.content": TEXT | {"empty": "", "long": "x" * 10_001},
    "turns.0.observations.0.type": TEXT | {"long": "x" * 65},
    "turns.0.observations.0.confidence": NUMBER,
    "turns.0.observations.0.occurred_at": TIME | {"too early": "1899-12-31"},
    "entities": LIST | {"too many": [{"text": "e"}] * 257},
    "entities.0": OBJECT,
    "entities.0.text": TEXT | {"empty": "", "long": "x" * 257},
    "entities.0.type": TEXT | {"long": "x" * 65},
    "tags": LIST | {"too many": [str(number) for number in range(65)]},
    "tags.0": TEXT | {"null": None, "long": "x" * 129},
    "document_tags.0": TEXT | {"long": "x" * 129},
    "metadata": OBJECT | {"too many": {str(n): n for n in range(65)}, "large": {"k": "x" * 16_384}},
    "options": OBJECT,
    **{f"options.{name}": {"a text": "true", "a number": 1, "a list": []} for name in ("flush", "infer", "dry_run")},
    "options.max_facts": NUMBER | {"a fraction": 1.5},
    "options.model": TEXT | {"long": "x" * 257},
}
"""What is wrong, by the path of the field."""


def _with(fields: Any, path: list[str], value: Any) -> Any:
    """The fields with another value at a path."""
    if not path:
        return value
    name, *deeper = path
    if isinstance(fields, list):
        return [_with(fields[0], deeper, value)]
    return fields | {name: _with(fields.get(name), deeper, value)}


def _wrong_fields() -> Iterator[Bad]:
    for number, (path, values) in enumerate(WRONG.items()):
        for name, value in values.items():
            fields = _with(_fields(USERS[number % len(USERS)]), path.split("."), value)
            yield Bad(f"{path}: {name}", orjson.dumps(fields), INVALID, path)


def _bytes(**more: Any) -> bytes:
    return orjson.dumps(_fields(USERS[0]) | more)


def _malformed() -> Iterator[Bad]:
    yield Bad("no value", None, MALFORMED, None, (("ce_x", secret().encode()), ("x", secret().encode())))
    for name, value in {
        **{f"cut after {part} of 20 parts": (whole := _bytes())[: len(whole) * part // 20] for part in range(20)},
        **{f"a byte {odd!r} in the middle": _bytes().replace(b"It is", b"It%bis" % odd) for odd in
           (b"\0", b"\n", b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\x80", b"\\x41", b"\\ud800", b"\\u00", b"\"")},
        **{f"{start!r} before it": start + _bytes() for start in
           (b"\xef\xbb\xbf", b"\0", b"\0\0\0\0\1", b"//\n", b"[", b"{}", b")]}'\n", b"data: ")},
        **{f"{end!r} after it": _bytes() + end for end in (b"}", b"{}", b"\0", b",", b"x", b"//")},
        **{f"{word} as a number": _bytes()[:-1] + b',"n":%b}' % word.encode() for word in
           ("NaN", "Infinity", "-Infinity", "1e400", "01", "0x1", "1.", ".5", "+1", "1" * 400)},
        **{f"encoded as {name}": _bytes().decode().encode(name) for name in ("utf-16", "utf-16-le", "utf-32")},
        "nested too deep": _bytes()[:-1] + b',"x":' + b"[" * 3_000 + b"]" * 3_000 + b"}",
        "a list of it": b"[%b]" % _bytes(),
        "a text of it": orjson.dumps(_bytes().decode()),
    }.items():  # fmt: skip
        yield Bad(name, value, MALFORMED, None)


def _others() -> Iterator[Bad]:
    long = {"role": "user", "text": f"{secret()} " + "x" * 100_000}
    yield Bad("a text that is too long", _bytes(turns=[long]), TOO_LARGE, "turns.0.text")
    yield Bad("a record that is too long", _bytes(more=["x" * MAX_RECORD_BYTES]), TOO_LARGE, None)
    for visibility in ("knowledge", "hive"):
        yield Bad(f"{visibility} for one who may not", _bytes(visibility=visibility), DENIED, "visibility")
    yield Bad("a model that is not on the list", _bytes(options={"model": secret()}), DENIED, "options.model")
    for kind in ("session_ended", "flush"):
        for name, value in TEXT.items():
            fields = {"type": kind, "org_id": ORG, "user_id": USERS[1], "session_id": value, "note": secret()}
            yield Bad(f"{kind} of a session that is {name}", orjson.dumps(fields), INVALID, "session_id")
    for number in range(3):
        labelled = {"job_id": f"job {secret()}", "session_id": f"in {secret()}", "title": 7}
        headers = (("trace-id", secret().encode()), ("own", secret().encode()), (f"ce_ {secret()}", b"1"))
        yield Bad(f"ids and headers that hold secrets ({number})", _bytes(**labelled), INVALID, "title", headers)


BAD: tuple[Bad, ...] = (*_wrong_fields(), *_malformed(), *_others())


class Letter(NamedTuple):
    """What is known of a record that was sent: of a good one its turn."""

    sent: Sent
    key: bytes
    user: str
    bad: Bad | None
    event_id: str | None = None


def mixed() -> Iterator[Letter]:
    """Every bad record on the partition of a scope (some moved), a good one of that scope after it; at last control
    records."""
    for number, bad in enumerate(BAD):
        user = USERS[number % len(USERS)]
        key = scope_key(ORG, user)
        yield Letter(Sent(bad.value, headers=bad.headers, partition=1 if number % 7 == 0 else None), key, user, bad)
        turn = {"role": "user", "text": f"Good, {secret()} !", "event_id": f"{number:04}"}
        fields = {"org_id": ORG, "user_id": user, "session_id": "good", "turns": [turn]}
        yield Letter(Sent(orjson.dumps(fields)), key, user, None, turn["event_id"])
    for user in USERS:
        fields = {"org_id": ORG, "user_id": user, "session_id": "good", "type": "session_ended"}
        yield Letter(Sent(orjson.dumps(fields)), scope_key(ORG, user), user, None)
