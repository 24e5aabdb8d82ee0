"""Records as far as they can be read alone, without knowing what came before: whose they are and what they say.

They are read some at a time, so that one look for secrets serves them all.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from streams.errors import PermanentError
from streams.ingest.decode import Policy, ReadControl, ReadSubmission, read, read_object
from streams.ingest.headers import sent_headers
from streams.ingest.plain import read_plain
from streams.ingest.redact import may_hold_secrets, texts_of
from streams.ingest.rekey import Origin, Places, Scope, origin_of
from streams.ingest.seal import Seal
from streams.ports import SourceRecord

TOGETHER: Final = 8 << 10
"""Bytes of records that are looked at together: a look costs 0.6 us, whatever it looks at, and a turn's text 0.2 us.
Where it finds something each record is looked at again, so more would only make that happen more often."""


class Received(NamedTuple):
    """A record that was read. `sent`: what it says, why it is refused, or None where it lies on another's partition."""

    record: SourceRecord
    origin: Origin
    fields: Mapping[str, Any]
    scope: Scope | None
    sent: ReadSubmission | ReadControl | PermanentError | None
    headers: Mapping[str, str]
    """The known ones, as sent."""


def receive(record: SourceRecord, seal: Seal, places: Places, policy: Policy) -> Received:
    """Never raises for what a publisher may send."""
    origin = origin_of(record, seal)
    headers = sent_headers(origin) if origin.headers else {}
    fields: dict[str, Any] = {}
    scope = None
    try:
        fields = read_object(origin.value)
        scope = places.scope_of(fields)
        if scope is None:
            read(fields, origin.value or b"", policy)
            raise AssertionError("a record that was read names its scope")
        if scope.partition != record.partition and not origin.rekeyed:
            return Received(record, origin, fields, scope, None, headers)
        sent = read_plain(fields) or read(fields, origin.value or b"", policy)
    except PermanentError as error:
        return Received(record, origin, fields, scope, error, headers)
    return Received(record, origin, fields, scope, sent, headers)


def are_clean(group: Iterable[Received]) -> bool:
    """Whether one look at all texts of some records finds no secret. Where it finds one each has to be looked at."""
    texts: list[str] = []
    for received in group:
        match received.sent:
            case ReadSubmission():
                texts += texts_of(received.sent)
            case ReadControl():
                texts.append(received.sent.session_id)
        for header in received.headers.items():
            texts += header
    return not may_hold_secrets(texts)


def together(records: Iterable[SourceRecord]) -> Iterator[list[SourceRecord]]:
    """The records in groups to look at together, in their order."""
    group: list[SourceRecord] = []
    size = 0
    for record in records:
        group.append(record)
        size += len(record.value or b"")
        if size >= TOGETHER:
            yield group
            group, size = [], 0
    if group:
        yield group
