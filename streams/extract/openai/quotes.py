"""A quote found again in the turn it is from: models straighten quotation marks, spaces and capitals."""

import re

_WORD = re.compile(r"[^\W_]+")
MAX_WORDS = 200


def letter_for_letter(quote: str | None, text: str) -> str | None:
    """The words of the text that the quote repeats, as they stand there; the quote itself where they do not."""
    if not quote or not quote.strip() or quote in text:
        return quote
    words = _WORD.findall(quote)
    if not words or len(words) > MAX_WORDS:
        return quote
    # between two words of a quote only what is no word may differ
    match = re.search(r"[\W_]{1,8}".join(map(re.escape, words)), text, re.IGNORECASE)
    return match[0] if match and _has_edges(text, match) else quote


def _has_edges(text: str, match: re.Match[str]) -> bool:
    """Whether it begins and ends where words do."""
    before, after = text[: match.start()][-1:], text[match.end() :][:1]
    return not before.isalnum() and not after.isalnum()
