"""Quotes that models straighten are found again as they stand in the text."""

import pytest

from streams.extract.openai.quotes import letter_for_letter

TEXT = "Well — I’m\nmoving to  “Oslo” in May, not in MAYBERRY."


@pytest.mark.parametrize(
    ("quote", "found"),
    [
        ("I’m\nmoving", "I’m\nmoving"),
        ('I\'m moving to "Oslo" in May', "I’m\nmoving to  “Oslo” in May"),
        ("i'm moving", "I’m\nmoving"),
        ("in Maybe", "in Maybe"),
        ("moving Oslo", "moving Oslo"),
        ("...", "..."),
        ("", ""),
        (None, None),
    ],
)
def test_only_what_is_no_letter_may_differ(quote: str | None, found: str | None) -> None:
    assert letter_for_letter(quote, TEXT) == found


def test_hostile_quotes_cost_no_time() -> None:
    assert letter_for_letter("a " * 5_000, "a! " * 30_000) == "a " * 5_000
    assert letter_for_letter("a " * 150 + "b", "a! " * 30_000) == "a " * 150 + "b"
