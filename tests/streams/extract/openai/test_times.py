"""Times as models write them."""

from datetime import UTC, datetime

import pytest

from streams.extract.openai.times import happened, span_of


def moments(text: str) -> tuple[str, str]:
    span = span_of(text)
    assert span is not None
    return tuple(f"{datetime.fromtimestamp(at / 1000, UTC):%Y-%m-%dT%H:%M:%S}" for at in span)  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2023", "2023-01-01T00:00:00", "2023-12-31T23:59:59"),
        ("2024-02", "2024-02-01T00:00:00", "2024-02-29T23:59:59"),
        ("2023-05-07", "2023-05-07T00:00:00", "2023-05-07T23:59:59"),
        ("2023-05-07T18:30", "2023-05-07T18:30:00", "2023-05-07T18:30:59"),
        ("2023-05-07T18:30:05Z", "2023-05-07T18:30:05", "2023-05-07T18:30:05"),
        ("2023-05-07T18:30+02:00", "2023-05-07T16:30:00", "2023-05-07T16:30:59"),
        (" 1900-01-01 00:00 -0030", "1900-01-01T00:30:00", "1900-01-01T00:30:59"),
    ],
)
def test_a_time_is_as_long_as_it_is_vague(text: str, start: str, end: str) -> None:
    assert moments(text) == (start, end)


@pytest.mark.parametrize(
    "text",
    [None, "", "today", "null", "2023-13", "2023-02-31", "2023-05-07T25:00", "1492", "9999", "23-05-07", "２０２３"],
)
def test_what_is_no_time_or_too_far_away_is_unknown(text: str | None) -> None:
    assert span_of(text) is None


def test_from_until_and_either_alone() -> None:
    day, month = span_of("2023-05-07"), span_of("2023-05")
    assert day is not None
    assert month is not None
    assert happened("2023-05-07", None) == day
    assert happened(None, "2023-05-07") == day
    assert happened("2023-05", "2023-05-07") == month
    assert happened("2023-05-07", "2023-05") == (day.start, month.end)
    assert happened("2023-05-07", "1999") == day
    assert happened(None, None) == (None, None)
