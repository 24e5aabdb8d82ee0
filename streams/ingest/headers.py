"""The headers a publisher may send along, copied through to everything that follows."""

from collections import Counter
from collections.abc import Mapping
from typing import Final

from streams.ingest.redact import redact
from streams.ingest.rekey import Origin

TRACE_ID: Final = "trace-id"
KNOWN: Final = frozenset({TRACE_ID, "correlation-id", "schema-version"})
CLOUD_EVENT: Final = "ce_"
MOST: Final = 32
"""The known names are taken first: whatever else comes along, the trace id does."""
LONGEST: Final = 1_024
"""Bytes; longer ones are left out, so that headers cannot outgrow the turns they come with."""


def read_headers(origin: Origin, found: Counter[str]) -> dict[str, str]:
    """The known headers as text without secrets, and always a trace id. `found` counts the secrets by kind."""
    return redact_headers(sent_headers(origin), origin, found)


def redact_headers(sent: Mapping[str, str], origin: Origin, found: Counter[str]) -> dict[str, str]:
    """The same of known headers that may hold secrets."""
    return traced({redact(name, found): redact(content, found) for name, content in sent.items()}, origin)


def traced(headers: Mapping[str, str], origin: Origin) -> dict[str, str]:
    """With a trace id: if none was sent, the record's coordinate."""
    return {TRACE_ID: f"{origin.topic}/{origin.partition}/{origin.offset}", **headers}


def sent_headers(origin: Origin) -> dict[str, str]:
    """The known headers as text, as they were sent."""
    sent = {
        name: content
        for name, content in origin.headers
        if (name in KNOWN or name.startswith(CLOUD_EVENT)) and content and len(name) + len(content) <= LONGEST
    }
    taken = sorted(sent.items(), key=lambda header: header[0] not in KNOWN)[:MOST]
    return {name: content.decode(errors="replace") for name, content in taken}
