"""The headers a publisher may send along, copied through to everything that follows."""

from collections import Counter
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
    """The known headers as text without secrets, and always a trace id: if none was sent, the record's coordinate.

    `found` counts the secrets by kind.
    """
    made = f"{origin.topic}/{origin.partition}/{origin.offset}"
    if not origin.headers:
        return {TRACE_ID: made}
    sent = {
        name: content
        for name, content in origin.headers
        if (name in KNOWN or name.startswith(CLOUD_EVENT)) and content and len(name) + len(content) <= LONGEST
    }
    taken = sorted(sent.items(), key=lambda header: header[0] not in KNOWN)[:MOST]
    return {TRACE_ID: made} | {
        redact(name, found): redact(content.decode(errors="replace"), found) for name, content in taken
    }
