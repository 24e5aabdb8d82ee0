"""Times as a model writes them: ISO 8601, as exact as what was said. `2023-05` is all of May."""

import re
from calendar import monthrange
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from schemas.event import Millis

_ISO = re.compile(
    r"(\d{4})(?:-(\d\d)(?:-(\d\d)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(Z|[+-](?:[01]\d|2[0-3]):?[0-5]\d)?)?)?)?",
    re.ASCII,
)
_YEARS = range(1900, 2101)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class When(NamedTuple):
    """First and last millisecond of a year, month, day, minute or second."""

    start: Millis
    end: Millis


def span_of(text: str | None) -> When | None:
    """Nothing for what is unknown, no time, or beyond the years 1900 to 2100."""
    match = _ISO.fullmatch(text.strip()) if text else None
    if match is None or int(match[1]) not in _YEARS:
        return None
    year, month, day, hour, minute, second = (int(part) if part else None for part in match.groups()[:6])
    assert year is not None
    try:
        first = datetime(year, month or 1, day or 1, hour or 0, minute or 0, second or 0, tzinfo=UTC)
    except ValueError:  # 31 February
        return None
    if second is not None:
        length = timedelta(seconds=1)
    elif minute is not None:
        length = timedelta(minutes=1)
    elif day is not None:
        length = timedelta(days=1)
    elif month is not None:
        length = timedelta(days=monthrange(year, month)[1])
    else:
        length = datetime(year + 1, 1, 1, tzinfo=UTC) - first
    start = _millis(first - _EPOCH) - _offset(match[7])
    return When(start, start + _millis(length) - 1)


def happened(start: str | None, end: str | None) -> tuple[Millis | None, Millis | None]:
    """When something happened: from the first time's start to the end of the last that is told."""
    first, last = span_of(start), span_of(end)
    if first is None:
        return (last.start, last.end) if last else (None, None)
    return first.start, max(first.end, last.end) if last else first.end


def _offset(zone: str | None) -> int:
    if not zone or zone == "Z":
        return 0
    minutes = int(zone[1:3]) * 60 + int(zone[-2:])
    return minutes * 60_000 * (-1 if zone[0] == "-" else 1)


def _millis(length: timedelta) -> int:
    return length // timedelta(milliseconds=1)
