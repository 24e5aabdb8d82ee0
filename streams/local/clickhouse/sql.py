"""Look at a statement without parsing it: its kind, its FORMAT clause, what it calls, where an INSERT's data begins.

Strings, comments and quoted names are seen as such and never searched.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

TOKEN = re.compile(
    rb"""(?P<skip>--[^\n]*|\#[ !][^\n]*|/\*.*?(?:\*/|\Z)|\s+)
    |(?P<string>'(?:\\.|''|[^'\\])*'|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
    |(?P<quoted>`(?:\\.|``|[^`\\])*`|"(?:\\.|""|[^"\\])*")
    |(?P<word>[A-Za-z_]\w*)
    |(?P<number>\d[\w.]*)
    |(?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
DATA_START = re.compile(rb"[ \t\f]*;?[ \t\f]*\r?\n?")
QUERY_VERBS = frozenset({"select", "with", "infile"})


class Token(NamedTuple):
    """A word, name, mark or string; in lower case, names without their quotes, strings without what they hold."""

    text: str
    depth: int
    start: int
    end: int
    kind: str


class Statement(NamedTuple):
    """What a text says, as far as the server has to know."""

    sql: bytes
    verb: str
    """The first word, in lower case; empty when there is none."""
    words: frozenset[str]
    calls: frozenset[str]
    """Names that an opening parenthesis follows."""
    format: str | None
    bare: bytes
    """The statement without its FORMAT clause."""
    data: tuple[int, int] | None
    """Of an INSERT that carries data: where its head ends and where the data begins."""
    single: bool


def read_tokens(sql: bytes) -> Iterator[Token]:
    """One after the other, so that the data behind an INSERT's head need not be looked at."""
    depth = 0
    for match in TOKEN.finditer(sql):
        kind = match.lastgroup or ""
        if kind == "skip":
            continue
        if match["string"] is not None:
            yield Token("", depth, match.start(), match.end(), "string")
            continue
        text = match[0].decode(errors="replace")
        if kind == "quoted":
            text = text[1:-1]
        depth -= text == ")" and kind == "mark"
        yield Token(text.lower(), depth, match.start(), match.end(), kind)
        depth += text == "(" and kind == "mark"


def scan(sql: bytes) -> Statement:
    """Look at a whole statement; the data of an INSERT may follow its head."""
    if insert := scan_insert(sql, complete=True):
        return insert
    parts = list(read_tokens(sql))
    clause = find_format(parts)
    return Statement(
        sql=sql,
        verb=first_word(parts),
        words=frozenset(part.text for part in parts if part.kind == "word"),
        calls=find_calls(parts),
        format=_name(sql, clause[1]) if clause else None,
        bare=_without(sql, parts, clause),
        data=None,
        single=not follows_semicolon(parts),
    )


def scan_insert(prefix: bytes, *, complete: bool) -> Statement | None:
    """Look at the beginning of a body: an INSERT whose data begins in it, or None (yet, unless `complete`)."""
    head: list[Token] = []
    for token in read_tokens(prefix):
        before = head[-1] if head else None
        head.append(token)
        if before is None and token.text != "insert":
            return None
        if token.text in QUERY_VERBS and (token.depth == 0 or (before and before.text == "(")):
            return None
        if token.depth == 0 and token.text == "values":
            return _insert(prefix, head, token, "Values", token.end, complete)
        if before and before.depth == 0 and before.text == "format" and token.kind == "word":
            begin = DATA_START.match(prefix, token.end)
            assert begin is not None  # it matches the empty text
            return _insert(prefix, head, before, _name(prefix, token), begin.end(), complete)
    return _insert(prefix, head, None, None, len(prefix), complete) if complete and head else None


def find_format(parts: Sequence[Token]) -> tuple[Token, Token] | None:
    """The FORMAT clause: at the end, or before SETTINGS, so that a column of that name is none."""
    for word, name, after in zip(parts, parts[1:], [*parts[2:], None], strict=False):
        last = after is None or after.text in (";", "settings")
        if word.text == "format" and word.kind == "word" and word.depth == 0 and name.kind == "word" and last:
            return word, name
    return None


def find_calls(parts: Sequence[Token]) -> frozenset[str]:
    pairs = itertools.pairwise(parts)
    return frozenset(part.text for part, after in pairs if after.text == "(" and part.kind in ("word", "quoted"))


def first_word(parts: Sequence[Token]) -> str:
    return next((part.text for part in parts if part.kind == "word"), "")


def follows_semicolon(parts: Sequence[Token]) -> bool:
    """Something comes after a semicolon: more than one statement."""
    ends = [index for index, part in enumerate(parts) if part.text == ";" and part.kind == "mark"]
    return bool(ends) and any(part.text != ";" for part in parts[ends[0] :])


def _insert(
    sql: bytes, head: Sequence[Token], clause: Token | None, form: str | None, begin: int, complete: bool
) -> Statement | None:
    """The INSERT found; None when its head may go on in what is not there yet."""
    if begin == len(sql) and not complete:
        return None
    end = clause.start if clause else len(sql)
    return Statement(
        sql=sql,
        verb="insert",
        words=frozenset(part.text for part in head if part.kind == "word"),
        calls=find_calls(head),
        format=form,
        bare=sql[:end],
        data=(end, begin),
        single=not follows_semicolon(head),
    )


def _name(sql: bytes, token: Token) -> str:
    return sql[token.start : token.end].decode()


def _without(sql: bytes, parts: Sequence[Token], clause: tuple[Token, Token] | None) -> bytes:
    end = next((part.start for part in parts if part.text == ";" and part.kind == "mark"), len(sql))
    return sql[: clause[0].start] + sql[clause[1].end : end] if clause else sql[:end]
