"""A long text in pieces: at sentence ends where there are any, in any script, else between words, else anywhere."""

import re

BYTES_PER_TOKEN = 4
# A full stop ends a sentence only before white space (3.14, example.org); the marks of scripts that do not
# separate words, and a new line, do so by themselves. What closes a quotation or bracket still belongs to it.
_SENTENCE_END = re.compile(r"""((?:[.!?…]["'”’»)\]]*(?=\s))|(?:[。！？｡．।॥؟۔։።။។]["'”’»)\]」』）】]*)|\n)\s*""")
_SPACE = re.compile(r"()\s+")


def cut_text(text: str, tokens: int) -> list[str]:
    """Pieces of at most `tokens` estimated tokens each, none empty, that make up `text` when put together."""
    pieces, start = [], 0
    while (end := start + _fitting(text, start, tokens * BYTES_PER_TOKEN)) < len(text):
        cut = _last(_SENTENCE_END, text, start, end) or _last(_SPACE, text, start, end) or end
        pieces.append(text[start:cut])
        start = cut
    return [*pieces, text[start:]]


def _fitting(text: str, start: int, limit: int) -> int:
    """How many characters from `start` fit into so many bytes of UTF-8."""
    return len(text[start : start + limit].encode()[:limit].decode(errors="ignore"))


def _last(boundary: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    """Behind the last boundary in text[start:end] that is past its first quarter: no piece is needlessly small."""
    cut = None
    for found in boundary.finditer(text, start + (end - start) // 4, min(end + 1, len(text))):
        if found.end(1) <= end:
            cut = min(found.end(), end)
    return cut
