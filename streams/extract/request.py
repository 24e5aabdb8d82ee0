"""What an extractor is shown of a window, and the key that names this question to this extractor."""

from typing import NamedTuple

from schemas.event import Millis, Role
from schemas.extraction import WindowClosed
from streams.ids import encode, encoded_list, label


class ShownTurn(NamedTuple):
    """A turn as the extractor sees it; a piece of a long one is shown with its speaker like a whole one."""

    role: Role
    name: str | None
    text: str
    said_at: Millis
    piece: int = 0
    pieces: int = 1

    @property
    def speaker(self) -> str:
        """The name of who speaks, else the role."""
        return self.name or self.role

    def encoded(self) -> bytes:
        """As `ids.encode` would; by hand, since every turn of every window comes here."""
        text = self.text.encode()
        parts = label(self.role), label(self.name), len(text), text, self.said_at, self.piece, self.pieces
        return b"l6:%b%bs%d:%bi%d;i%d;i%d;" % parts


class Request(NamedTuple):
    """One question: turns are referred to by their number here, 0 for the first."""

    turns: tuple[ShownTurn, ...]
    context_turns: tuple[ShownTurn, ...] = ()
    context: str | None = None
    hints: tuple[tuple[str, str | None], ...] = ()
    max_facts: int = 20
    model: str | None = None

    def encoded(self) -> bytes:
        """All of it, for the extraction key."""
        turns, before = ([turn.encoded() for turn in turns] for turns in (self.turns, self.context_turns))
        others = map(encode, (self.context, self.hints, self.max_facts, self.model))
        return encoded_list([encoded_list(turns), encoded_list(before), *others])


def request_for(window: WindowClosed) -> Request:
    """The question a window asks. Nothing of the generation, its jobs or how it was closed is in it."""
    return Request(
        turns=tuple(
            ShownTurn(unit.role, unit.name, unit.text, unit.said_at, unit.piece, unit.pieces) for unit in window.units
        ),
        context_turns=tuple(ShownTurn(turn.role, turn.name, turn.text, turn.said_at) for turn in window.context_turns),
        context=window.options.context,
        hints=tuple((hint.text, hint.type) for hint in window.hints),
        max_facts=window.options.max_facts,
        model=window.options.model or window.asked.model,
    )
