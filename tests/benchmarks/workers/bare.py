"""The bare job, the same code for everybody: decode, hash, drop what was seen, forward the rest.

What was seen of a scope is one value: the hashes of its turns, one behind the other.
"""

from collections.abc import Iterable, Mapping
from hashlib import blake2b

import orjson

HASH_BYTES = 8
Pairs = list[tuple[bytes, bytes]]


def handle(records: Iterable[tuple[bytes, bytes]], state: Mapping[bytes, bytes]) -> tuple[Pairs, dict[bytes, bytes]]:
    """Records as keys and values -> what to forward, and the values of the table that change."""
    outputs: Pairs = []
    changes: dict[bytes, bytes] = {}
    for key, value in records:
        seen = changes.get(key)
        if seen is None:
            seen = state.get(key, b"")
        rest, seen = sift(value, seen)
        if rest is not None:
            changes[key] = seen
            outputs.append((key, rest))
    return outputs, changes


def sift(value: bytes, seen: bytes) -> tuple[bytes | None, bytes]:
    """The record with its new turns only, if it has any, and what is seen now."""
    sent = orjson.loads(value)
    turns, new = sent["turns"], []
    for turn in turns:
        said = f"{sent['session_id']}\x1f{turn['role']}\x1f{turn['text']}\x1f{turn['timestamp']}"
        name = blake2b(said.encode(), digest_size=HASH_BYTES).digest()
        if not _holds(seen, name):
            seen += name
            new.append(turn)
    if not new:
        return None, seen
    return value if len(new) == len(turns) else orjson.dumps({**sent, "turns": new}), seen


def _holds(seen: bytes, name: bytes) -> bool:
    at = seen.find(name)
    while at > 0 and at % HASH_BYTES:
        at = seen.find(name, at + 1)
    return at >= 0
