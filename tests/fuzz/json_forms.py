"""JSON as no writer of ours makes it: a value, then some of its places changed, then some of its bytes.

A value is what `json` knows, but objects are lists of pairs (so that a name may come twice), and `Raw` is itself.
"""

import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from hypothesis import strategies as st

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


class Raw(NamedTuple):
    """Bytes where a JSON value should stand."""

    content: bytes


class Object(NamedTuple):
    """Names and values in their order."""

    pairs: tuple[tuple[str, Any], ...]


Place = tuple[int, ...]
ODD_VALUES: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, "", " ", "x", "\0", "\u2028", "\ufeff", "\U0010ffff", "e\u0301",
    "[REDACTED:password]",
    "x" * 256, "x" * 257, "💡" * 257, "%/" * 128, "\x01" * 200, "a\nb", "default-session", "null",
    10**12, 2**53, 2**63 - 1, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**30, 10**300, 1e308, -0.0, 1e-320, 253402300800,
    7_258_118_399_999, 7_258_118_400_000, 4111111111111111, "2024-05-01T12:00:00Z", "2024-05-01", "2024-02-30",
    "2024-05-01T12:00:60Z", "2024-05-01t12:00:00.123456789+23:59", "0001-01-01T00:00:00+23:59", "９９９９-01-01", "1e3",
    "2024-05-01T12:00:00ß", "submission", "flush", "session_ended", "erase", "user", "ai", "knowledge",
    [], [[]], [None], [1, "a"], Object(()), Object((("", None),)), Object((("a", 1), ("a", 2))),
    Raw(b"NaN"), Raw(b"-Infinity"), Raw(b"1e400"), Raw(b"1" * 5_000), Raw(b"0." + b"1" * 5_000), Raw(b"01"), Raw(b"-"),
    Raw(b'"\\ud800"'), Raw(b'"\\udc00\\ud800"'), Raw(b'"\\u0000"'), Raw(b'"\xff"'), Raw(b'"\xc0\xaf"'),
    Raw(b'"\xed\xa0\x80"'), Raw(b'"\xf4\x90\x80\x80"'), Raw(b'"\n"'), Raw(b"'a'"), Raw(b""), Raw(b"{}}"), Raw(b"nul"),
    Raw(b"[" * 600 + b"]" * 600), Raw(b"[" * 1_500 + b"]" * 1_500), Raw(b'{"a":' * 600 + b"1" + b"}" * 600),
    Raw(b'"' + b"x" * 110_000 + b'"'), Raw(b'"\\u00e9"'), Raw(b"[1,]"), Raw(b"//"),
)  # fmt: skip
ODD = st.sampled_from(ODD_VALUES) | TEXT | st.integers() | st.floats(allow_nan=False, allow_infinity=False)


def from_plain(value: Any) -> Any:
    """A value as `json` knows it, with its objects as pairs."""
    match value:
        case Mapping():
            return Object(tuple((name, from_plain(part)) for name, part in value.items()))
        case list():
            return [from_plain(part) for part in value]
    return value


def write(value: Any) -> bytes:
    """The bytes, whatever they are worth."""
    match value:
        case Raw(content):
            return content
        case Object(pairs):
            return b"{%b}" % b",".join(b"%b:%b" % (_dumps(name), write(part)) for name, part in pairs)
        case list():
            return b"[%b]" % b",".join(map(write, value))
    return _dumps(value)


def _dumps(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="surrogatepass")


def places(value: Any, place: Place = ()) -> list[Place]:
    """Every place in a value, that of the whole first."""
    match value:
        case Object(pairs):
            inner = [part for _, part in pairs]
        case list():
            inner = value
        case _:
            inner = []
    return [place, *(deeper for number, part in enumerate(inner) for deeper in places(part, (*place, number)))]


def change(value: Any, place: Place, how: Callable[[Any], Any]) -> Any:
    """The value with another one at a place."""
    if not place:
        return how(value)
    number, *deeper = place
    match value:
        case Object(pairs):
            name, part = pairs[number]
            return Object((*pairs[:number], (name, change(part, tuple(deeper), how)), *pairs[number + 1 :]))
        case list():
            return [*value[:number], change(value[number], tuple(deeper), how), *value[number + 1 :]]
    raise AssertionError(place)


@st.composite
def changed(draw: st.DrawFn, value: Any, odd: st.SearchStrategy[Any] = ODD, most: int = 3) -> Any:
    """The value with up to so many of its places changed."""
    for _ in range(draw(st.integers(0, most))):
        known = places(value)
        place = known[draw(st.integers(0, len(known) - 1))]
        value = change(value, place, draw(_changes(odd)))
    return value


def _changes(odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Callable[[Any], Any]]:
    return st.one_of(
        odd.map(lambda new: lambda old: new),
        st.integers(1, 3).map(lambda times: lambda old: _nested(old, times)),
        st.integers(0, 300).map(lambda times: lambda old: old * times if isinstance(old, list) else old),
        st.tuples(TEXT | st.sampled_from(["type", "org_id", "turns", "role", "text"]), odd, st.booleans()).map(
            lambda new: lambda old: _with_pair(old, new[0], new[1], first=new[2])
        ),
        st.integers(0, 20).map(lambda number: lambda old: _without_pair(old, number)),
    )


def _nested(value: Any, times: int) -> Any:
    for _ in range(times):
        value = [value]
    return value


def _with_pair(value: Any, name: str, part: Any, *, first: bool) -> Any:
    if not isinstance(value, Object):
        return part
    return Object(((name, part), *value.pairs) if first else (*value.pairs, (name, part)))


def _without_pair(value: Any, number: int) -> Any:
    if not isinstance(value, Object) or not value.pairs:
        return value
    number %= len(value.pairs)
    return Object((*value.pairs[:number], *value.pairs[number + 1 :]))


@st.composite
def damaged(draw: st.DrawFn, content: bytes) -> bytes:
    """The bytes with one or two damages."""
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(content)))
        piece = draw(
            st.binary(max_size=4) | st.sampled_from([b"\xef\xbb\xbf", b"\0", b"\xff", b"{", b'"', b"\\", b"\n"])
        )
        taken = draw(st.integers(0, 8) | st.just(len(content)))
        content = content[:at] + piece + content[at + taken :]
    return content
