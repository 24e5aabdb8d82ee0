"""When a window closes: pure rules over append times, own times and sizes."""

from typing import NamedTuple

from schemas.extraction import ClosedBy
from streams.settings import WindowLimits


class Limits(NamedTuple):
    """The settings of a generation's windows, times in milliseconds."""

    turns: int
    tokens: int
    gap: int
    age: int
    context_turns: int
    context_tokens: int


def limits_of(settings: WindowLimits) -> Limits:
    return Limits(
        turns=settings.turns,
        tokens=settings.tokens,
        gap=settings.gap_s * 1000,
        age=settings.age_s * 1000,
        context_turns=settings.context_turns,
        context_tokens=settings.context_tokens,
    )


def estimated_tokens(text: str) -> int:
    """A quarter of the text's UTF-8 bytes, rounded up.

    So a token is four Latin letters or two Cyrillic ones, and four Chinese characters are three tokens: near to what
    models count, and quick to find.
    """
    return (len(text) if text.isascii() else len(text.encode())) + 3 >> 2


def closed_by_time(
    limits: Limits, *, opened_at: int, last_at: int, last_said_at: int, at: int, said_at: int | None
) -> ClosedBy | None:
    """Why an open window closes before a record of its conversation does anything else, or None.

    `opened_at`, `last_at`: append times of the window's first and the conversation's last turn; `last_said_at`: own
    time of the latter. `at`: the record's append time; `said_at`: own time of its first turn, if it brings any.
    """
    if at - last_at > limits.gap or (said_at is not None and said_at - last_said_at > limits.gap):
        return "gap"
    return "age" if at - opened_at > limits.age else None
