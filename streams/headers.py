"""What a publisher sent along as headers, on its way from the conversation log to every event and record after it."""

from collections.abc import Mapping
from typing import Any, Final

from streams.ports import Headers

TRACE_ID: Final = "trace-id"


def trace_of(logged: Mapping[str, Any]) -> str:
    """The trace id of an event of the log, given as fields."""
    return str(logged.get("headers", {}).get(TRACE_ID, ""))


def headers_of(logged: Mapping[str, Any]) -> dict[str, str]:
    """The headers of an event of the log beside the trace id, which has a field of its own from here on."""
    headers: dict[str, str] = logged.get("headers", {})
    if len(headers) == 1 and TRACE_ID in headers:  # nearly always
        return {}
    return {name: content for name, content in headers.items() if name != TRACE_ID}


def record_headers(trace_id: str, headers: Mapping[str, str]) -> Headers:
    """Both as headers of a record."""
    trace = ((TRACE_ID, trace_id.encode()),) if trace_id else ()
    return (*trace, *((name, content.encode()) for name, content in headers.items())) if headers else trace
