"""A quote found again in the turn it is from: models straighten quotation marks, spaces and capitals."""

import re
from bisect import bisect_left
from functools import lru_cache
from typing import NamedTuple

_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 200
MAX_GAP = 8
"""Characters between two words of a quote that may differ from the text: there only what is no word may."""


class _Words(NamedTuple):
    """A text as its words alone: each between blanks, a line end in a gap that no quote may cross."""

    joined: str
    starts: tuple[int, ...]
    """Where the blank before each word stands in it."""
    spans: tuple[tuple[int, int], ...]
    """Where each word stands in the text."""


def letter_for_letter(quote: str | None, text: str) -> str | None:
    """The words of the text that the quote repeats, as they stand there; the quote itself where they do not.

    Takes time in proportion to both: a reply may hold thousands of quotes that are nearly there.
    """
    if not quote or not quote.strip() or quote in text:
        return quote
    words = _WORD.findall(quote)
    if not words or len(words) > MAX_WORDS:
        return quote
    joined, starts, spans = _words_of(text)
    found = joined.find(f" {' '.join(words).casefold()} ")
    if found < 0:
        return quote
    first = bisect_left(starts, found)
    return text[spans[first][0] : spans[first + len(words) - 1][1]]


@lru_cache(64)
def _words_of(text: str) -> _Words:
    parts = [" "]
    starts: list[int] = []
    spans: list[tuple[int, int]] = []
    size = 1
    for match in _WORD.finditer(text):
        if spans and match.start() - spans[-1][1] > MAX_GAP:
            parts.append("\n ")
            size += 2
        word = f"{match[0].casefold()} "
        starts.append(size - 1)
        spans.append(match.span())
        parts.append(word)
        size += len(word)
    return _Words("".join(parts), tuple(starts), tuple(spans))
