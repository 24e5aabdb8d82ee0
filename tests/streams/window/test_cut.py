from collections.abc import Callable

import pytest

from schemas.extraction import ClosedBy
from streams.settings import WindowLimits
from streams.window.cut import Limits, closed_by_time, estimated_tokens, limits_of

LIMITS = Limits(turns=20, tokens=2000, gap=300_000, age=1_800_000, context_turns=6, context_tokens=500)


@pytest.fixture
def why() -> Callable[..., ClosedBy | None]:
    """Of a window opened at 0, its last turn appended at 1,000 s and said at 500 s; arguments in seconds."""

    def reason(at: int, said_at: int | None = None) -> ClosedBy | None:
        said = None if said_at is None else said_at * 1000
        return closed_by_time(LIMITS, opened_at=0, last_at=1_000_000, last_said_at=500_000, at=at * 1000, said_at=said)

    return reason


def test_settings_in_seconds_become_limits_in_milliseconds() -> None:
    assert limits_of(WindowLimits()) == LIMITS


@pytest.mark.parametrize(
    ("text", "tokens"),
    [("", 0), ("a", 1), ("abcd", 1), ("abcde", 2), ("Привет", 3), ("我住在北京", 4), ("🙂", 1), ("x" * 8000, 2000)],
)
def test_a_token_is_four_bytes_begun(text: str, tokens: int) -> None:
    assert estimated_tokens(text) == tokens


def test_a_record_exactly_a_gap_later_does_not_close(why: Callable[..., ClosedBy | None]) -> None:
    assert why(1300) is None


def test_a_record_later_than_the_gap_closes(why: Callable[..., ClosedBy | None]) -> None:
    assert why(1301) == "gap"


def test_a_turn_said_later_than_the_gap_closes_even_when_appended_at_once(
    why: Callable[..., ClosedBy | None],
) -> None:
    assert why(1000, said_at=800) is None
    assert why(1000, said_at=801) == "gap"


def test_a_turn_said_long_before_does_not_close(why: Callable[..., ClosedBy | None]) -> None:
    assert why(1000, said_at=-100_000) is None


def test_an_old_window_closes_by_age_and_a_silent_one_by_gap() -> None:
    def reason(at: int, last_at: int) -> ClosedBy | None:
        return closed_by_time(LIMITS, opened_at=0, last_at=last_at, last_said_at=0, at=at, said_at=None)

    assert reason(1_800_000, 1_700_000) is None
    assert reason(1_800_001, 1_700_000) == "age"
    assert reason(1_800_001, 1_500_000) == "gap"
