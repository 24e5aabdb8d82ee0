"""A closed window: the event that asks for its extraction, and which turns stay to be read before the next."""

from collections.abc import Sequence

import orjson

from schemas.extraction import ClosedBy
from streams import codec
from streams.ids import Ids
from streams.window.cut import Limits
from streams.window.shares import FilledShare, Here, distinct_hints, job_shares
from streams.window.state import WindowUnit
from streams.window.units import Fields

MOST_HINTS = 256
"""As many as one submission may send: with those of twenty, a window would outgrow its record."""


def filled_shares(units: Sequence[WindowUnit]) -> list[FilledShare]:
    """The jobs' shares, in the order of their first units. A submission's units stand together."""
    shares: list[FilledShare] = []
    for unit in units:
        if unit.share is not None:
            shares.append(FilledShare(unit.share, 1, unit.tokens))
        else:
            last = shares[-1]
            shares[-1] = FilledShare(last.share, last.units + 1, last.tokens + unit.tokens)
    return shares


def window_closed(
    here: Here,
    ids: Ids,
    units: Sequence[WindowUnit],
    shares: Sequence[FilledShare],
    context: Sequence[WindowUnit],
    options: Fields,
    asked: Fields,
    closed_by: ClosedBy,
) -> bytes:
    """`schemas.extraction.WindowClosed`, as `codec.encode` would write it; units go in as the bytes that were kept."""
    tried = shares[0].share[:2] if options.get("dry_run") else None
    event: Fields = {
        "event": "WindowClosed",
        "version": 1,
        "org_id": here.org_id,
        "user_id": here.user_id,
        "generation": here.generation,
        "session_id": here.session_id,
        "window_id": ids.window(here.conversation, [(unit.turn_id, unit.piece) for unit in units], tried),
        "units": [orjson.Fragment(unit.content) for unit in units],
    }
    if turns := context_turns(context):
        event["context_turns"] = turns
    if hints := distinct_hints(shares, MOST_HINTS):
        event["hints"] = hints
    if options:
        event["options"] = options
    if asked:
        event["asked"] = asked
    event["jobs"] = job_shares(shares)
    event["closed_by"] = closed_by
    event["closed_at"] = here.at
    return codec.dumps(event)


def context_turns(turns: Sequence[WindowUnit]) -> list[Fields]:
    """`schemas.extraction.ContextTurn`s as fields."""
    units = [orjson.loads(turn.content) for turn in turns]
    return [{name: unit[name] for name in ("role", "name", "text", "said_at") if name in unit} for unit in units]


def next_context(turns: Sequence[tuple[int, WindowUnit]], limits: Limits) -> list[int]:
    """Which of the numbered turns, given oldest first, stay to be read before the next window.

    Nearest first, whole turns only, as many as there is room for. One that is too long is left out, and those before
    it are still looked at: after a long answer the question is worth more than nothing.
    """
    kept: list[int] = []
    room = limits.context_tokens
    for number, turn in reversed(turns):
        if len(kept) == limits.context_turns:
            break
        if 0 < turn.tokens <= room:
            kept.append(number)
            room -= turn.tokens
    return kept[::-1]
