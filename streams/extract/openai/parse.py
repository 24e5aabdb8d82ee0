"""A model's text as proposals. Read after the journal, so that newer code sees old answers anew, without a call."""

import json
from typing import NamedTuple

import orjson
from pydantic import ValidationError

from schemas.extraction import Mention, Provenance
from streams.extract.extractor import Proof, Proposal, Reply
from streams.extract.openai.quotes import letter_for_letter
from streams.extract.openai.schema import FoundFact
from streams.extract.openai.spans import counts
from streams.extract.openai.times import happened, span_of
from streams.extract.request import Request

MAX_TEXT = 1_000
MAX_NAMES, MAX_PROOFS = 20, 20
_PROVENANCE: dict[str, Provenance] = {"said": "explicit_statement", "implied": "inferred", "corrected": "corrected"}
_DECODER = json.JSONDecoder()
"""Finds where an object ends."""
_UNREADABLE = Proposal(type="fact", content="", confidence=0.0, confidence_basis="unreadable", evidence=())
"""Stands for what has not the form that was asked for; it is dropped as empty, and counted."""

_SPEAKER = ("i", "me", "myself")
"""Words for who says it."""


class Answer(NamedTuple):
    """What a text holds. Unless it is whole it was cut off, and holds the facts that were finished."""

    facts: tuple[FoundFact | None, ...]
    is_whole: bool

    @property
    def is_exact(self) -> bool:
        """Whether everything has the form that was asked for."""
        return None not in self.facts


def read(text: str) -> Answer:
    """Never raises: of a text that is no such answer nothing is found, and it is not whole."""
    try:
        whole = orjson.loads(text)
    except orjson.JSONDecodeError:
        return Answer(tuple(_fact(item) for item in _finished(text)), is_whole=False)
    items = whole.get("facts") if isinstance(whole, dict) else None
    if not isinstance(items, list):
        return Answer((), is_whole=False)
    return Answer(tuple(_fact(item) for item in items), is_whole=True)


def first_turn(fact: FoundFact | None, turns: int) -> int | None:
    """The first turn of the window that a fact names as its proof."""
    named = [proof.turn for proof in fact.evidence if 0 <= proof.turn < turns] if fact else []
    return min(named, default=None)


def proposals(reply: Reply, request: Request) -> tuple[Proposal, ...]:
    """What all texts of a reply say; of a part that was asked again, only what the last answer for its turns says."""
    turns = len(request.turns)
    spans = reply.spans or ((0, turns),) * len(reply.raw)
    return tuple(
        _proposal(fact, request)
        for text, span in zip(reply.raw, spans, strict=False)
        for fact in read(text).facts
        if counts(first_turn(fact, turns), span)
    )


def _finished(text: str) -> list[object]:
    """The objects of the list "facts" that a cut-off text holds whole."""
    found: list[object] = []
    opened = text.find("[", text.find('"facts"'))
    at = opened + 1
    while opened >= 0 and (at := text.find("{", at)) >= 0:
        try:
            _, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            break
        found.append(_strict(text[at:end]))
        at = end
    return found


def _strict(text: str) -> object:
    """As the one parser reads it that decides what is legal JSON: no NaN, no half of a surrogate pair."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None


def _fact(item: object) -> FoundFact | None:
    try:
        return FoundFact.model_validate(item)
    except ValidationError:
        return None


def _proposal(fact: FoundFact | None, request: Request) -> Proposal:
    if fact is None:
        return _UNREADABLE
    start, end = happened(fact.happened_from, fact.happened_until)
    expires = span_of(fact.expires)
    speaks = _speakers(fact, request)
    predicate = _short(fact.predicate)
    return Proposal(
        type=fact.type,
        content=fact.content,
        subject=_who(fact.subject, speaks),
        predicate="_".join(predicate.casefold().replace("-", " ").split()) if predicate else None,
        object=_short(fact.object),
        about=_who(fact.about, speaks),
        speaker=_who(fact.speaker, speaks),
        confidence=fact.confidence,
        confidence_basis=f"model/{fact.basis}",
        provenance=_PROVENANCE[fact.basis],
        evidence=_proofs(fact, request),
        entities=tuple(
            Mention(name=name, type=(_short(entity.type) or "unknown").casefold())
            for entity in fact.entities[:MAX_NAMES]
            if (name := _short(entity.name))
        ),
        occurred_start=start,
        occurred_end=end,
        expires_at=expires.end if expires else None,
    )


def _short(text: str | None) -> str | None:
    """A part of a fact on one line, or nothing."""
    return " ".join(text.split())[:MAX_TEXT] or None if text else None


def _proofs(fact: FoundFact, request: Request) -> tuple[Proof, ...]:
    return tuple(
        Proof(
            turn=proof.turn,
            quote=letter_for_letter(proof.quote, request.turns[proof.turn].text)
            if 0 <= proof.turn < len(request.turns)
            else None,
        )
        for proof in fact.evidence[:MAX_PROOFS]
    )


def _speakers(fact: FoundFact, request: Request) -> dict[str, str]:
    """Who speaks, by every word a model may have for them: as in the turns they are spelt."""
    turns = request.turns
    known = {turn.speaker.casefold().strip(): turn.speaker for turn in turns}
    known |= {f"the {turn.role}": turn.role for turn in turns if turn.name is None}
    first = next((proof.turn for proof in fact.evidence if 0 <= proof.turn < len(turns)), None)
    return known if first is None else known | dict.fromkeys(_SPEAKER, turns[first].speaker)


def _who(claimed: str | None, speaks: dict[str, str]) -> str | None:
    name = _short(claimed)
    return speaks.get(name.casefold(), name) if name else None
