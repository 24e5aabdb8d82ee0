"""Where a record belongs, and where it first lay.

A publisher may use another key, no key or another partitioner. Such a record moves once, through an internal topic,
to the partition of its scope: sealed, with its coordinate, time, key and headers.
"""

from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeGuard

from schemas.event import Coordinate
from schemas.submission import MAX_HEADERS
from streams.errors import Invalid
from streams.ids import Ids, scope_key
from streams.ingest.redact import may_hold_secrets, redact
from streams.ingest.seal import Seal
from streams.ingest.secret_rules import CARD_NUMBER
from streams.partitioning import partition_of
from streams.ports import Headers, Output, SourceRecord

TOPIC: Final = "ingest-rekeyed"
REMEMBERED: Final = 1 << 16
"""Scopes and conversations whose hashes are kept at hand: murmur2 and BLAKE2b cost more than the rest of a lookup."""


class Scope(NamedTuple):
    """Whose memory a record is for, and on which partition its records lie."""

    org_id: str
    user_id: str
    key: bytes
    digest: bytes
    partition: int


class Places:
    """Scopes and conversations by name. What it remembers follows from the names alone."""

    def __init__(self, ids: Ids, partitions: int) -> None:
        self._ids = ids
        self._partitions = partitions
        self._scope = lru_cache(REMEMBERED)(self._compute_scope)
        self.conversation = lru_cache(REMEMBERED)(ids.conversation)

    def scope_of(self, fields: Mapping[str, Any]) -> Scope | None:
        """The scope a record names, if it can be read, whatever else is wrong with the record.

        Raises Invalid where an id of it holds a secret: it is the key of every record and row, and cannot be replaced.
        """
        org_id, user_id = fields.get("org_id"), fields.get("user_id")
        return self._scope(org_id, user_id) if is_id(org_id) and is_id(user_id) else None

    def _compute_scope(self, org_id: str, user_id: str) -> Scope:
        for field, value in (("org_id", org_id), ("user_id", user_id)) if may_hold_secrets((org_id, user_id)) else ():
            if holds_secret(value):
                raise Invalid("must not hold a secret", field=field)
        key = scope_key(org_id, user_id)
        return Scope(org_id, user_id, key, self._ids.scope(org_id, user_id), partition_of(key, self._partitions))


def is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= 256


def holds_secret(scope_id: str) -> bool:
    """Whether an organisation's or user's id is one, or has one in it.

    A number is none: among ids of 16 digits one in fifty passes for a card's, and its user would lose every turn.
    """
    found: Counter[str] = Counter()
    redact(scope_id, found)
    return bool(found.keys() - {CARD_NUMBER})


class Origin(NamedTuple):
    """A record as its publisher sent it, wherever it lies now."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    headers: Headers
    value: bytes | None = None
    rekeyed: bool = False

    def coordinate(self) -> Coordinate:
        return Coordinate(topic=self.topic, partition=self.partition, offset=self.offset, timestamp=self.timestamp)


def origin_of(record: SourceRecord, seal: Seal) -> Origin:
    """Where a record first lay. One on our own topic that we did not seal counts as sent there."""
    if record.topic == TOPIC and (sent := seal.open(record.value)) is not None:
        topic, partition, offset, timestamp, key, value, headers = sent
        return Origin(topic, partition, offset, timestamp, key, headers, value, rekeyed=True)
    headers = record.headers[:MAX_HEADERS]
    return Origin(record.topic, record.partition, record.offset, record.timestamp, record.key, headers, record.value)


def rekey(record: SourceRecord, scope: Scope, seal: Seal) -> Output:
    """The same record for the partition of its scope."""
    return Output(TOPIC, scope.key, seal.close(record), partition=scope.partition)
