"""Times as publishers write them."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.ingest.times import EARLIEST_OCCURRED, LATEST, MILLIS_FROM, arrival, read_time

NOON = 1_714_564_800_000


@pytest.mark.parametrize(
    "sent",
    [
        "2024-05-01T12:00:00Z", "2024-05-01T12:00:00+00:00", "2024-05-01T12:00:00-00:00", "2024-05-01T14:00:00+02:00",
        "2024-05-01T12:00:00", "2024-05-01 12:00:00", "2024-05-01t12:00:00z", "2024-05-01T12:00:00.0009Z",
        1_714_564_800, 1_714_564_800.0, NOON, float(NOON),
    ],
)  # fmt: skip
def test_all_spellings_of_an_instant_are_that_instant(sent: str | float) -> None:
    assert read_time(sent) == NOON


def test_digits_below_a_millisecond_are_cut_off() -> None:
    assert read_time("2024-05-01T12:00:00.123999999Z") == NOON + 123
    assert read_time("2024-05-01T12:00:00.5") == NOON + 500


@given(st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31, 23, 59, 59)))
def test_a_second_is_itself_in_the_usual_spelling(moment: datetime) -> None:
    second = moment.replace(microsecond=0)
    assert read_time(second.isoformat() + "Z") == (second - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


def test_a_date_alone_is_its_first_instant() -> None:
    assert read_time("2024-05-01") == NOON - 12 * 3_600_000


@pytest.mark.parametrize(
    "sent",
    [
        "yesterday", "", "2024", "2024-W18-3", "20240501T120000Z", "2024-05-01T12:00Z", "2024-05-01T24:00:00Z",
        "2024-02-30T12:00:00Z", "2024-05-01T12:00:00+25:00", "2024-05-01T12:00:00 Z", "1714564800",
        "2016-12-31T23:59:60Z", "٢٠٢٤-05-01", "2024-05-01T12:00:00,5Z", "Wed, 01 May 2024 12:00:00 +0000",
        "9999-12-31T23:59:59Z", "2200-01-01T00:00:00Z", "1969-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00",
        -1, 10**30, 1e300, float("nan"), float("inf"), 7_258_118_400, LATEST + 1,
    ],
)  # fmt: skip
def test_what_is_no_time_or_outside_the_years_is_none(sent: str | float) -> None:
    assert read_time(sent) is None


def test_the_bounds_are_within() -> None:
    assert read_time("1970-01-01T00:00:00Z") == read_time(0) == 0
    assert read_time("2199-12-31T23:59:59.999Z") == LATEST


def test_numbers_are_seconds_or_milliseconds_by_their_size() -> None:
    assert read_time(MILLIS_FROM) == MILLIS_FROM
    assert read_time(7_000_000_000) == 7_000_000_000_000


def test_what_is_told_may_lie_before_1970() -> None:
    assert read_time("1950-06-01", earliest=EARLIEST_OCCURRED) == -618_105_600_000
    assert read_time("1899-12-31", earliest=EARLIEST_OCCURRED) is None


@given(st.datetimes(datetime(1970, 1, 2), datetime(2199, 12, 30)), st.integers(-14 * 60, 14 * 60))
def test_every_moment_reads_back_in_every_zone(moment: datetime, minutes: int) -> None:
    instant = moment.replace(tzinfo=UTC)
    zone = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"
    local = (instant + timedelta(minutes=minutes)).replace(tzinfo=None)
    expected = (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    assert read_time(local.isoformat(timespec="microseconds") + zone) == expected


def test_the_time_of_a_record_stays_within_the_years() -> None:
    assert [arrival(-1), arrival(5), arrival(10**18)] == [0, 5, LATEST]
