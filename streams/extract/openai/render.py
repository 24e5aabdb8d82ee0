"""A request as messages: the prompt first, the same for all, then what was said.

Every turn stands between fences whose name is computed from all texts and occurs in none of them, so that no text can
end its block, open another or speak as somebody else. Nothing of what is already known is shown.
"""

import json
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from hashlib import blake2b
from typing import NamedTuple

from schemas.event import Millis
from streams.extract.openai.spans import Span
from streams.extract.request import Request, ShownTurn

BEFORE = 6
"""Turns of the window before those that are asked about, shown for reference when a window is asked in parts."""
_UNHEARD = frozenset({"system", "tool"})


class Message(NamedTuple):
    """One message of a chat."""

    role: str
    content: str


def messages(prompt: str, request: Request, span: Span) -> tuple[Message, ...]:
    """The question about these turns of the window."""
    return Message("system", prompt), Message("user", "\n".join(_lines(request, span)))


def _lines(request: Request, span: Span) -> Iterator[str]:
    first, past = span
    before = [*request.context_turns, *request.turns[max(0, first - BEFORE) : first]]
    fence = fence_of(request)
    said_at = request.turns[first].said_at
    yield f"The conversation took place on {_moment(said_at)}."
    if request.context:
        yield from _block(f"situation-{fence}", "", request.context)
    if request.hints:
        names = "\n".join(json.dumps(hint, ensure_ascii=False) for hint in request.hints)
        yield from _block(f"names-{fence}", "", names)
    if before:
        yield "Earlier turns, for reference only: no facts from these."
        for turn in before:
            yield from _turn(f"earlier-{fence}", None, turn, _since(turn, said_at))
    yield "The turns to go through:"
    latest = said_at
    for number in range(first, past):
        turn = request.turns[number]
        yield from _turn(f"turn-{fence}", number, turn, _since(turn, latest))
        latest = turn.said_at
    yield f"Give at most {request.max_facts} facts from the turns {first} to {past - 1}."


def fence_of(request: Request) -> str:
    """Eight letters and digits that occur in no text of the request; the same for the same request."""
    texts = [request.context or "", *(text for hint in request.hints for text in hint if text)]
    for turn in (*request.context_turns, *request.turns):
        texts += [turn.name or "", turn.text]
    everything = "\n".join(texts)
    return first_unused(_names(everything), everything)


def first_unused(names: Iterable[str], text: str) -> str:
    """The first of the names that does not occur in the text."""
    return next(name for name in names if name not in text)


def _names(text: str) -> Iterator[str]:
    """Names that nobody can guess who does not know all of the text, without end."""
    digest = blake2b(text.encode(), digest_size=4)
    while True:
        yield digest.hexdigest()
        digest.update(b"again")


def _turn(tag: str, number: int | None, turn: ShownTurn, when: str) -> Iterator[str]:
    """What a speaker says, or that system or tools said something: their text is no source of facts."""
    place = "" if number is None else f' number="{number}"'
    part = f' part="{turn.piece + 1} of {turn.pieces}"' if turn.pieces > 1 else ""
    name = f" name={json.dumps(turn.name, ensure_ascii=False)}" if turn.name else ""
    text = "(not shown)" if turn.role in _UNHEARD else turn.text
    yield from _block(tag, f'{place} role="{turn.role}"{name}{part}{when}', text)


def _block(tag: str, attributes: str, text: str) -> Iterator[str]:
    yield f"<{tag}{attributes}>"
    yield text
    yield f"</{tag}>"


def _since(turn: ShownTurn, latest: Millis) -> str:
    """When a turn was said, if that is another minute than it seems."""
    return "" if turn.said_at // 60_000 == latest // 60_000 else f' said="{_moment(turn.said_at)}"'


def _moment(said_at: Millis) -> str:
    return datetime.fromtimestamp(said_at / 1000, UTC).strftime("%A %Y-%m-%d %H:%M UTC")
