"""A turn's text as sentences and clauses, so that a rule meets statements only: nothing quoted or pasted in."""

import re
from collections.abc import Iterator
from typing import NamedTuple

_PLAIN = str.maketrans(
    dict.fromkeys("’‘ʼ`´", "'") | dict.fromkeys("“”„«»", '"') | dict.fromkeys("\t\u00a0\u2009\u202f", " ")
)
_PASTED = re.compile(r"```.*?(?:```|\Z)|^[ ]*>[^\n]*", re.DOTALL | re.MULTILINE)
_NO_PROSE = re.compile(r"\W{40,}")
"""Rulers and filling: nothing is said across them, and patterns would search them from every sign on."""
# The next ones begin with a plain set of signs, not with a repetition or a choice: over all other text they pass five
# to fifteen times as fast (67 -> 14 and 9 -> 0.5 ns a character).
_END = re.compile(r"[.!?…\n](?:(?<=\n)\n*|(?<!\n)[.!?…]*(?=[\s\"')\]]|$))")
_QUOTATION = re.compile(r"[\"'](?:(?<=\")[^\"\n]*(?:\"|$)|(?<=')(?<!\S')(?=\w)[^\n]*)")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:dr|mr|ms|mrs|st|vs|e\.g|i\.e|ca|bzw|z\.b|nr|prof|inc|jr|sr|[a-z])$", re.IGNORECASE
)
_SPEAKS = re.compile(r"\b(?:i|i'm|i'll|me|my|you|your|we|our|ich|mein\w*|mir|mich|wir|du|dein\w*)\b", re.IGNORECASE)
_MAX_QUOTED_NAME = 6


class Sentence(NamedTuple):
    """A sentence, where it starts in the turn, and the mark that ends it."""

    text: str
    start: int
    mark: str


class Clause(NamedTuple):
    """Where a statement may begin.

    `lead`: words that say nothing themselves ("well, actually"); `body`: from there
    to the end of the sentence, at `start` in the turn; `size`: of `body`, up to where the next clause begins.
    """

    lead: str
    body: str
    start: int
    size: int


def plain(text: str) -> str:
    """The text letter by letter as long as before, with one kind of quotes, and what is pasted in blanked out."""
    if "```" in text or ">" in text:
        text = _PASTED.sub(lambda match: "\n" * len(match[0]), text)
    return _NO_PROSE.sub(lambda match: "\n" * len(match[0]), text).translate(_PLAIN)


def sentences(text: str) -> Iterator[Sentence]:
    """The sentences of a plain text, in order, without empty ones. An abbreviation or a German "3. März" ends none."""
    start = 0
    for match in _END.finditer(text):
        if match[0] == "." and _goes_on(text, start, match):
            continue
        if not text[start : match.start()].isspace():
            yield Sentence(text[start : match.start()], start, match[0])
        start = match.end()
    if text[start:].strip():
        yield Sentence(text[start:], start, "")


def _goes_on(text: str, start: int, match: re.Match[str]) -> bool:
    after = text[match.end() : match.end() + 12].lstrip()
    if not after:
        return False
    before = text[max(start, match.start() - 8) : match.start()]
    if _ABBREVIATION.search(before):
        return True
    return before[-1:].isdigit() and after[:1].isalpha() and (after[0].islower() or after.startswith(_GERMAN_MONTHS))


_GERMAN_MONTHS = ("Jan", "Feb", "Mär", "Apr", "Mai", "Juni", "Juli", "Aug", "Sep", "Okt", "Nov", "Dez")


def unquoted(sentence: str) -> str:
    """The sentence up to its first quotation: that, and what follows it, is somebody else's word. Quoted names stay."""
    for match in _QUOTATION.finditer(sentence):
        inside = match[0].strip("\"' ")
        if len(inside.split()) > _MAX_QUOTED_NAME or _SPEAKS.search(inside):
            return sentence[: match.start()]
    return sentence
