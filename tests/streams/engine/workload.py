"""Turns with repeats, and what two chained stages (dedup, count) must make of them: the oracle."""

import random
import zlib
from collections import Counter, defaultdict
from typing import NamedTuple

PARTITIONS = 4
ID_BYTES = 8


class Turn(NamedTuple):
    partition: int
    key: bytes
    value: bytes


class Outcome(NamedTuple):
    """Everything a reader can see: per partition the sequence of outputs, and both tables."""

    final: dict[int, list[tuple[bytes, bytes]]]
    seen: dict[bytes, bytes]
    counts: dict[bytes, bytes]


def turns(number: int, *, conversations: int = 500, repeats: float = 0.2, seed: int = 1) -> list[Turn]:
    """Turns that begin with an id of eight bytes; some come again, with other turns in between."""
    chance, made = random.Random(seed), list[Turn]()
    for index in range(number):
        if made and chance.random() < repeats:
            made.append(made[chance.randrange(max(0, len(made) - 5000), len(made))])
        else:
            key = b"c%05d" % chance.randrange(conversations)
            value = index.to_bytes(ID_BYTES, "big") + chance.randbytes(40).hex().encode()
            made.append(Turn(zlib.crc32(key) % PARTITIONS, key, value))
    return made


def expected(records: list[Turn]) -> Outcome:
    """What an undisturbed run gives."""
    seen: dict[bytes, list[bytes]] = defaultdict(list)
    counts: Counter[bytes] = Counter()
    final: dict[int, list[tuple[bytes, bytes]]] = {number: [] for number in range(PARTITIONS)}
    for partition, key, value in records:
        turn_id = value[:ID_BYTES]
        if turn_id not in seen[key]:
            seen[key].append(turn_id)
            counts[key] += 1
            final[partition].append((key, b"%d " % counts[key] + value))
    return Outcome(
        final,
        {key: b"".join(ids) for key, ids in seen.items()},
        {key: b"%d" % number for key, number in counts.items()},
    )
