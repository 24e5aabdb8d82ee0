"""Requests for the tests of this folder."""

from schemas.event import Role
from streams.extract.request import Request, ShownTurn

MONDAY = 1_683_554_160_000
"""Monday 2023-05-08 13:56 UTC."""


def turn(text: str, *, role: Role = "user", name: str | None = None, minutes: int = 0, piece: int = 0) -> ShownTurn:
    return ShownTurn(role, name, text, MONDAY + minutes * 60_000, piece, max(1, piece + 1))


def request(*turns: ShownTurn | str, context: tuple[ShownTurn, ...] = (), label: str | None = None) -> Request:
    shown = tuple(part if isinstance(part, ShownTurn) else turn(part) for part in turns)
    return Request(turns=shown, context_turns=context, context=label)
