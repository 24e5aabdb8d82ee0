"""The words for time of each language the rules know."""

import re
from collections.abc import Iterable

from streams.extract.rules_time import Calendar


def _numbered(names: Iterable[str]) -> dict[str, int]:
    """Every word of the n-th entry, with n."""
    return {word: number for number, words in enumerate(names) for word in words.split()}


def _any(words: Iterable[str]) -> str:
    return (
        "(?:" + "|".join(re.escape(word).replace(r"\ ", r"\s+") for word in sorted(words, key=len, reverse=True)) + ")"
    )


def _patterns(*patterns: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(rf"\b{pattern}(?!\w|\s*[-–/]\s*\d)", re.IGNORECASE) for pattern in patterns)


_MONTHS = _numbered(
    (
        "",
        "january jan",
        "february feb",
        "march mar",
        "april apr",
        "may",
        "june jun",
        "july jul",
        "august aug",
        "september sept sep",
        "october oct",
        "november nov",
        "december dec",
    )
)
_WEEKDAYS = _numbered(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
_NUMBERS = _numbered(
    ("", "a an one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")
)
_UNITS = {form: unit for unit in ("day", "week", "month", "year") for form in (unit, unit + "s")}
_DAYS = {
    "the day before yesterday": -2,
    "yesterday": -1,
    "last night": -1,
    "today": 0,
    "this morning": 0,
    "this afternoon": 0,
    "this evening": 0,
    "tonight": 0,
    "tomorrow": 1,
}

ENGLISH = Calendar(
    patterns=_patterns(
        r"(?:on\s+)?(?P<iso>\d{4}-\d\d-\d\d)",
        rf"(?P<day_word>{_any(_DAYS)})",
        rf"(?:about\s+|around\s+)?(?P<ago>\d{{1,2}}|{_any(_NUMBERS)})\s+(?P<ago_unit>{_any(_UNITS)})\s+ago",
        rf"(?:on\s+|in\s+)?(?P<step>last|next)\s+(?P<step_what>week|month|year|{_any([*_WEEKDAYS, *_MONTHS])})",
        rf"(?:on\s+)?(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+(?:of\s+)?(?P<month>{_any(_MONTHS)})\.?(?:,?\s+(?P<year>\d{{4}}))?",
        rf"(?:on\s+)?(?P<month>{_any(_MONTHS)})\.?\s+(?:the\s+)?(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:,?\s+(?P<year>\d{{4}}))?",
        rf"in\s+(?P<month>{_any(_MONTHS)})(?:\s+(?:of\s+)?(?P<year>\d{{4}}))?",
        r"(?:back\s+)?in\s+(?P<year>\d{4})",
    ),
    months=_MONTHS,
    weekdays=_WEEKDAYS,
    numbers=_NUMBERS,
    days=_DAYS,
    units=_UNITS,
    last=frozenset({"last"}),
)

_MONATE = _numbered(
    (
        "",
        "januar jänner jan",
        "februar feb",
        "märz mär",
        "april apr",
        "mai",
        "juni jun",
        "juli jul",
        "august aug",
        "september sept sep",
        "oktober okt",
        "november nov",
        "dezember dez",
    )
)
_WOCHENTAGE = _numbered(("montag", "dienstag", "mittwoch", "donnerstag", "freitag", "samstag sonnabend", "sonntag"))
_ZAHLEN = _numbered(
    (
        "",
        "ein eine einem einer",
        "zwei",
        "drei",
        "vier",
        "fünf",
        "sechs",
        "sieben",
        "acht",
        "neun",
        "zehn",
        "elf",
        "zwölf",
    )
)
_EINHEITEN = {
    "tag": "day",
    "tage": "day",
    "tagen": "day",
    "woche": "week",
    "wochen": "week",
    "monat": "month",
    "monate": "month",
    "monaten": "month",
    "jahr": "year",
    "jahre": "year",
    "jahren": "year",
}
_TAGE = {"vorgestern": -2, "gestern abend": -1, "gestern": -1, "heute morgen": 0, "heute": 0, "morgen": 1}

GERMAN = Calendar(
    patterns=_patterns(
        r"(?:am\s+)?(?P<iso>\d{4}-\d\d-\d\d)",
        rf"(?P<day_word>{_any(_TAGE)})",
        rf"vor\s+(?:etwa\s+)?(?P<ago>\d{{1,2}}|{_any(_ZAHLEN)})\s+(?P<ago_unit>{_any(_EINHEITEN)})",
        r"(?:am\s+|im\s+)?(?P<step>(?:letzte|vergangene|nächste)[nsmr]?)\s+"
        rf"(?P<step_what>woche|monat|jahr|{_any([*_WOCHENTAGE, *_MONATE])})",
        rf"(?:am\s+)?(?P<day>\d{{1,2}})\.\s*(?P<month>{_any(_MONATE)})(?:\s+(?P<year>\d{{4}}))?",
        rf"im\s+(?P<month>{_any(_MONATE)})(?:\s+(?P<year>\d{{4}}))?",
        r"im\s+jahr\s+(?P<year>\d{4})",
    ),
    months=_MONATE,
    weekdays=_WOCHENTAGE,
    numbers=_ZAHLEN,
    days=_TAGE,
    units=_EINHEITEN,
    last=frozenset(word + end for word in ("letzte", "vergangene") for end in ("", "n", "s", "m", "r")),
)
