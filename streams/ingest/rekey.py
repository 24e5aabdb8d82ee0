"""Where a record belongs, and where it first lay.

A publisher may use another key, no key or another partitioner. Such a record moves once, through an internal topic,
to the partition of its scope; a header keeps its coordinate, time and key.
"""

from base64 import b64decode, b64encode
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final, NamedTuple, TypeGuard

import orjson

from schemas.event import Coordinate
from streams.ids import Ids, scope_key
from streams.partitioning import partition_of
from streams.ports import Headers, Output, SourceRecord

TOPIC: Final = "ingest-rekeyed"
HEADER: Final = "turnlog-origin"
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
        """The scope a record names, if it can be read, whatever else is wrong with the record."""
        org_id, user_id = fields.get("org_id"), fields.get("user_id")
        return self._scope(org_id, user_id) if is_id(org_id) and is_id(user_id) else None

    def _compute_scope(self, org_id: str, user_id: str) -> Scope:
        key = scope_key(org_id, user_id)
        return Scope(org_id, user_id, key, self._ids.scope(org_id, user_id), partition_of(key, self._partitions))


def is_id(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and 1 <= len(value) <= 256


class Origin(NamedTuple):
    """A record as its publisher sent it, wherever it lies now."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    headers: Headers
    rekeyed: bool = False

    def coordinate(self) -> Coordinate:
        return Coordinate(topic=self.topic, partition=self.partition, offset=self.offset, timestamp=self.timestamp)


def origin_of(record: SourceRecord) -> Origin:
    """Where a record first lay."""
    if record.topic != TOPIC:
        return Origin(record.topic, record.partition, record.offset, record.timestamp, record.key, record.headers)
    *headers, (_, value) = record.headers
    first = orjson.loads(value)
    key = first["key"]
    return Origin(
        first["topic"], first["partition"], first["offset"], first["timestamp"],
        None if key is None else b64decode(key), headers, rekeyed=True,
    )  # fmt: skip


def rekey(record: SourceRecord, scope: Scope) -> Output:
    """The same record for the partition of its scope. The header that says whence it comes is the last."""
    origin = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "timestamp": record.timestamp,
        "key": None if record.key is None else b64encode(record.key).decode(),
    }
    headers = (*record.headers, (HEADER, orjson.dumps(origin)))
    return Output(TOPIC, scope.key, record.value, headers, partition=scope.partition)
