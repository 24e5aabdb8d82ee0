"""A submission's new turns as units: whole turns, and the pieces of those too long for a window."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from streams import codec
from streams.window.cut import estimated_tokens
from streams.window.pieces import cut_text

Fields = dict[str, Any]
"""An event of the log as it was written: fields that hold their default are absent."""


class MeasuredUnit(NamedTuple):
    """One unit on its way into a window."""

    turn_id: str
    piece: int
    tokens: int
    weight: int
    """Its tokens and those of its observations, which cost no model call but fill the window's record."""
    alone: bool
    """Of a turn longer than a window: it is a window of its own."""
    content: bytes
    """`schemas.extraction.Unit` in JSON."""


def units_of(submission: Fields, offset: int, limit: int) -> list[MeasuredUnit]:
    """The units of a SubmissionAccepted at `offset`, in order; none if it is not to be extracted.

    A turn above `limit` tokens is cut, unless its text is to be stored word for word (`infer: false`).
    """
    options = submission.get("options", {})
    if "outcome" in submission or not options.get("write_passive", True):
        return []
    job_id, infer = submission["job_id"], options.get("infer", True)
    units: list[MeasuredUnit] = []
    for turn in submission["turns"]:
        text = turn["text"]
        blank = not text.strip()
        if blank and "observations" not in turn:
            continue
        tokens = 0 if blank else estimated_tokens(text)
        if tokens > limit and infer:
            units += _pieces(turn, offset, job_id, cut_text(text, limit))
        else:
            content = _content(turn, offset, job_id, text)
            weight = tokens + _told(turn) if "observations" in turn else tokens
            units.append(MeasuredUnit(turn["turn_id"], 0, tokens, weight, tokens > limit, content))
    return units


def _pieces(turn: Fields, offset: int, job_id: str, texts: list[str]) -> Iterator[MeasuredUnit]:
    """The pieces of a long turn; what was observed goes with the first."""
    for piece, text in enumerate(texts):
        tokens = estimated_tokens(text)
        content = _content(turn, offset, job_id, text, piece, len(texts))
        yield MeasuredUnit(turn["turn_id"], piece, tokens, tokens, True, content)


def _told(turn: Fields) -> int:
    return sum(estimated_tokens(told["content"]) for told in turn["observations"])


def _content(turn: Fields, offset: int, job_id: str, text: str, piece: int = 0, pieces: int = 1) -> bytes:
    unit: Fields = {
        "turn_id": turn["turn_id"],
        "offset": offset,
        "index": turn["index"],
        "role": turn["role"],
        "text": text,
        "said_at": turn["said_at"],
        "job_id": job_id,
    }
    if pieces > 1:
        unit["pieces"] = pieces
    if piece:
        unit["piece"] = piece
    for name in ("name", "time_is_arrival") if piece else ("name", "time_is_arrival", "observations"):
        if name in turn:
            unit[name] = turn[name]
    return codec.dumps(unit)
