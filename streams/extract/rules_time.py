"""When something happened, as a sentence says it: a span of days, resolved against the day the turn was said."""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from schemas.event import Millis

Direction = Literal[-1, 1]
"""Which way a month without a year points: back for what happened, on for what is planned."""
_DAY_MS = 86_400_000
_EPOCH = date(1970, 1, 1)
_YEARS = range(1900, 2101)


class When(NamedTuple):
    """A span of whole days, how it is written, and where the words for it stand in the text."""

    start: Millis
    end: Millis
    label: str
    at: int
    until: int


class Calendar(NamedTuple):
    """A language's words for time. The groups of its `patterns` are those that `_resolve` reads."""

    patterns: tuple[re.Pattern[str], ...]
    months: Mapping[str, int]
    weekdays: Mapping[str, int]
    numbers: Mapping[str, int]
    days: Mapping[str, int]
    """Words for single days, as days from today."""
    units: Mapping[str, str]
    """day, week, month or year, by every form of its word."""
    last: frozenset[str]


def find(calendar: Calendar, text: str, said_at: Millis, direction: Direction) -> When | None:
    """The first time the text names that is certain to the day, week, month or year; else nothing."""
    matches = [match for pattern in calendar.patterns if (match := pattern.search(text))]
    if not matches:
        return None
    match = min(matches, key=lambda match: (match.start(), -match.end()))
    today = datetime.fromtimestamp(said_at / 1000, UTC).date()
    try:
        found = _resolve(calendar, match, today, direction)
    except (ValueError, OverflowError):  # 31 February, or beyond the calendar
        return None
    return None if found is None else _when(*found, match)


def _when(first: date, last: date, label: str, match: re.Match[str]) -> When:
    start, end = (first - _EPOCH).days * _DAY_MS, ((last - _EPOCH).days + 1) * _DAY_MS - 1
    return When(start, end, label, match.start(), match.end())


Span = tuple[date, date, str]


def _resolve(calendar: Calendar, match: re.Match[str], today: date, direction: Direction) -> Span | None:
    part = {name: text.casefold() for name, text in match.groupdict().items() if text is not None}
    if "iso" in part:
        return _day(date.fromisoformat(part["iso"]))
    if "day_word" in part:
        return _day(today + timedelta(calendar.days[" ".join(part["day_word"].split())]))
    if "ago" in part:
        return _back(today, calendar.units[part["ago_unit"]], _number(calendar, part["ago"]))
    if "step" in part:
        back = part["step"] in calendar.last
        return _neighbour(today, calendar, part["step_what"], -1 if back else 1)
    month = calendar.months[part["month"].rstrip(".")] if "month" in part else None
    year = int(part["year"]) if "year" in part else None
    if month is None:
        return _year(year) if year in _YEARS else None
    if "day" in part:
        return _day(_dated(today, year, month, int(part["day"]), direction))
    return _month(_year_of(today, month, direction) if year is None else year, month)


def _number(calendar: Calendar, text: str) -> int:
    return int(text) if text.isdigit() else calendar.numbers[text]


def _day(day: date) -> Span:
    return day, day, day.isoformat()


def _week(day: date) -> Span:
    monday = day - timedelta(day.weekday())
    return monday, monday + timedelta(6), f"week of {monday.isoformat()}"


def _month(year: int, month: int) -> Span:
    return date(year, month, 1), date(year, month, monthrange(year, month)[1]), f"{year}-{month:02d}"


def _year(year: int | None) -> Span | None:
    return (date(year, 1, 1), date(year, 12, 31), str(year)) if year else None


def _dated(today: date, year: int | None, month: int, day: int, direction: Direction) -> date:
    if year is not None:
        return date(year, month, day)
    there = date(today.year, month, day)
    if direction * (there - today).days >= 0:
        return there
    return date(today.year + direction, month, day)


def _year_of(today: date, month: int, direction: Direction) -> int:
    return today.year if direction * (month - today.month) >= 0 else today.year + direction


def _back(today: date, unit: str, number: int) -> Span | None:
    match unit:
        case "day":
            return _day(today - timedelta(number))
        case "week":
            return _week(today - timedelta(7 * number))
        case "month":
            months = today.year * 12 + today.month - 1 - number
            return _month(months // 12, months % 12 + 1)
        case _:
            return _year(today.year - number)


def _neighbour(today: date, calendar: Calendar, what: str, step: Direction) -> Span | None:
    """Last or next week, month, year, Friday or May."""
    if what in calendar.units:
        return _back(today, calendar.units[what], -step)
    if what in calendar.weekdays:
        if step == 1:
            return None  # "next Friday" is said of two different days
        days = (today.weekday() - calendar.weekdays[what]) % 7 or 7
        return _day(today - timedelta(days))
    month = calendar.months[what.rstrip(".")]
    return _month(today.year + (step if step * (month - today.month) <= 0 else 0), month)
