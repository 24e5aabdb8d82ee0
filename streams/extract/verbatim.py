"""Candidates without an extractor: a turn's text word for word (`infer: false`), and what the publisher knew."""

from collections import Counter
from collections.abc import Iterator

from schemas.extraction import Candidate, Evidence, Speaker, Unit, WindowClosed
from schemas.submission import FACT_TYPES
from streams.extract.extractor import Identity
from streams.extract.reply import Checked
from streams.extract.title import title_of

IDENTITY = Identity("verbatim", "1", "", "", 1)
_NEVER_A_FACT = frozenset({"system", "tool"})


def word_for_word(window: WindowClosed) -> Checked:
    """Each turn's text as one fact; blank turns and those of system and tools give none."""
    units = (unit for unit in window.units if unit.role not in _NEVER_A_FACT and unit.text.strip())
    return Checked(tuple(map(_verbatim, units)), {})


def observed(window: WindowClosed) -> Checked:
    """What the publisher sent along with the turns, as candidates. A turn in pieces gives its observations once."""
    dropped = Counter[str]()
    return Checked(tuple(_observations(window, dropped)), dict(dropped))


def _verbatim(unit: Unit) -> Candidate:
    return Candidate(
        type="fact",
        title=title_of(unit.text),
        content=unit.text,
        about=unit.name or unit.role,
        asserted_by=Speaker(role=unit.role, name=unit.name),
        confidence=1.0,
        confidence_basis="verbatim",
        provenance="explicit_statement",
        evidence=(_evidence(unit, unit.text),),
    )


def _observations(window: WindowClosed, dropped: Counter[str]) -> Iterator[Candidate]:
    for unit in window.units:
        for observation in unit.observations if unit.piece == 0 else ():
            if not observation.content.strip():
                dropped["empty"] += 1
                continue
            type_ = observation.type or "fact"
            if type_ not in FACT_TYPES:
                dropped["unknown_type"] += 1
                type_ = "fact"
            yield Candidate(
                type=type_,
                title=title_of(observation.content),
                content=observation.content,
                about=unit.name or unit.role,
                asserted_by=Speaker(role=unit.role, name=unit.name),
                confidence=1.0 if observation.confidence is None else observation.confidence,
                confidence_basis="publisher",
                provenance="imported",
                evidence=(_evidence(unit, None),),
                occurred_start=observation.occurred_at,
                occurred_end=observation.occurred_at,
            )


def _evidence(unit: Unit, quote: str | None) -> Evidence:
    return Evidence(turn_id=unit.turn_id, quote=quote, said_at=unit.said_at, offset=unit.offset, index=unit.index)
