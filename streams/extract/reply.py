"""An extractor's proposals checked against the window they are about: what stands is a candidate, the rest is counted.

Dropped, by reason: `empty` says nothing; `secret` repeats a replaced secret; `no_evidence` names no turn of the window
that may prove a fact; `unknown_speaker` is asserted by nobody in it; `directive` gives orders to the system;
`echo_of_assistant` is the assistant repeating the user; `duplicate_in_reply`; `over_limit`. `unknown_type` only counts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from schemas.extraction import Candidate, ContextTurn, Evidence, Mention, Provenance, Speaker, Unit, WindowClosed
from schemas.predicates import SINGLE_VALUED
from schemas.submission import FACT_TYPES
from streams.extract.directives import hold_injection, is_order
from streams.extract.extractor import Proof, Proposal
from streams.extract.title import MAX_TITLE, title_of

MAX_CONTENT, MAX_PART, MAX_QUOTE, MAX_NAME = 10_000, 1_000, 2_000, 200
MAX_NAMES, MAX_PROOFS, MAX_PROPOSALS = 20, 20, 500
MAX_BYTES = 1 << 20
"""Of all candidates of a result: it has to fit into one record of Kafka, with all that its window says of its jobs."""
_SECRET = "[REDACTED:"  # noqa: S105 - what stands in its place
_WORD = re.compile(r"[^\W_]+")
_MAY_PROVE = frozenset({"user", "assistant", "document"})


class Checked(NamedTuple):
    """What stands, and how much was dropped for which reason."""

    candidates: tuple[Candidate, ...]
    dropped: dict[str, int]


class _Proven(NamedTuple):
    """A proposal with the units that prove it and their evidence."""

    proposal: Proposal
    units: tuple[Unit, ...]
    evidence: tuple[Evidence, ...]


def check(window: WindowClosed, proposals: Sequence[Proposal]) -> Checked:
    """Every proposal in the order of the reply. `max_facts` counts those that stand."""
    kept: list[Candidate] = []
    twins = _Twins()
    dropped = Counter[str]()
    looked_at: dict[Proposal, Candidate | str] = {}
    for proposal in proposals[:MAX_PROPOSALS]:
        if proposal not in looked_at:  # a reply may say one thing hundreds of times
            looked_at[proposal] = _candidate_or_objection(_cut(proposal), window)
        candidate = looked_at[proposal]
        if isinstance(candidate, str):
            dropped[candidate] += 1
            continue
        key = _sameness(candidate)
        if (twin := twins.place_of(candidate, key)) is not None:
            dropped["duplicate_in_reply"] += 1
            kept[twin] = _with_evidence_of(kept[twin], candidate)
            continue
        if len(kept) >= window.options.max_facts:
            dropped["over_limit"] += 1
            continue
        if proposal.type not in FACT_TYPES:
            dropped["unknown_type"] += 1
        twins.remember(candidate, key, len(kept))
        kept.append(candidate)
    dropped += Counter(over_limit=max(0, len(proposals) - MAX_PROPOSALS))
    return Checked(tuple(kept), dict(dropped))


def _candidate_or_objection(proposal: Proposal, window: WindowClosed) -> Candidate | str:
    """What a proposal is for itself, whatever else the reply says."""
    proven = _Proven(proposal, *_evidence(window, proposal.evidence))
    return _objection(proven, window) or _candidate(proven)


def within_bytes(checked: Checked, most: int = MAX_BYTES) -> Checked:
    """The first candidates that fit together; the others are counted."""
    if sum(map(_most_bytes, checked.candidates)) <= most:
        return checked
    fitting: list[Candidate] = []
    room = most
    for candidate in checked.candidates:
        size = len(candidate.model_dump_json().encode())
        if size <= room:
            room -= size
            fitting.append(candidate)
    lost = len(checked.candidates) - len(fitting)
    return Checked(tuple(fitting), dict(Counter(checked.dropped) + Counter(over_limit=lost)))


def _most_bytes(candidate: Candidate) -> int:
    """More than its size as JSON, where a character may take six bytes."""
    texts = [candidate.title, candidate.content, candidate.about, candidate.subject, candidate.object]
    texts += [candidate.predicate, candidate.confidence_basis, candidate.asserted_by.name]
    texts += [part for name in candidate.entities for part in (name.name, name.type)]
    texts += [part for proof in candidate.evidence for part in (proof.quote, proof.turn_id)]
    pieces = 1 + len(candidate.entities) + len(candidate.evidence)
    return 6 * sum(len(text) for text in texts if text) + 512 * pieces


def _cut(proposal: Proposal) -> Proposal:
    """No part longer than anything can be that is worth keeping, before anything looks for patterns in it."""
    if _is_short(proposal):
        return proposal
    proofs = proposal.evidence[:MAX_PROOFS]
    names = proposal.entities[:MAX_NAMES]
    return proposal.model_copy(
        update={
            "content": proposal.content[:MAX_CONTENT],
            "title": _short(proposal.title),
            "subject": _short(proposal.subject),
            "predicate": _short(proposal.predicate),
            "object": _short(proposal.object),
            "about": _short(proposal.about),
            "confidence_basis": proposal.confidence_basis[:MAX_NAME],
            "evidence": tuple(
                Proof(turn=proof.turn, quote=(proof.quote or "")[:MAX_QUOTE] or None) for proof in proofs
            ),
            "entities": tuple(Mention(name=name.name[:MAX_NAME], type=name.type[:MAX_NAME]) for name in names),
        }
    )


def _is_short(proposal: Proposal) -> bool:
    """Nothing of it has to be cut: so are nearly all, and a copy costs as much as all that is looked at here."""
    parts = (proposal.title, proposal.subject, proposal.predicate, proposal.object, proposal.about)
    return (
        len(proposal.content) <= MAX_CONTENT
        and all(part is None or len(part) <= MAX_PART for part in parts)
        and len(proposal.confidence_basis) <= MAX_NAME
        and len(proposal.evidence) <= MAX_PROOFS
        and all(proof.quote is None or len(proof.quote) <= MAX_QUOTE for proof in proposal.evidence)
        and len(proposal.entities) <= MAX_NAMES
        and all(len(name.name) <= MAX_NAME and len(name.type) <= MAX_NAME for name in proposal.entities)
    )


def _short(text: str | None) -> str | None:
    return text[:MAX_PART] if text else text


def _objection(proven: _Proven, window: WindowClosed) -> str | None:
    """The first reason to drop a proposal."""
    proposal = proven.proposal
    parts = (proposal.content, proposal.title, proposal.object, *(proof.quote for proof in proposal.evidence))
    texts = [part for part in parts if part]
    if not _WORD.search(proposal.content):
        return "empty"
    if any(_SECRET in text for text in texts):
        return "secret"
    if not proven.units:
        return "no_evidence"
    if proposal.speaker is not None and proposal.speaker not in {unit.name or unit.role for unit in proven.units}:
        return "unknown_speaker"
    by_user = any(unit.role == "user" for unit in proven.units)
    is_asked_of_us = proposal.type == "instruction" and by_user
    if hold_injection(texts) or (is_order(proposal.content) and not is_asked_of_us):
        return "directive"
    by_assistant = all(unit.role == "assistant" for unit in proven.units)
    return "echo_of_assistant" if by_assistant and _words(proposal.content) <= _words_of_users(window) else None


def _evidence(window: WindowClosed, proofs: Sequence[Proof]) -> tuple[tuple[Unit, ...], tuple[Evidence, ...]]:
    """The turns that may prove something, each with its quote if that stands in it letter for letter."""
    found: dict[int, tuple[Unit, Evidence]] = {}
    for proof in proofs:
        if not 0 <= proof.turn < len(window.units):
            continue
        unit = window.units[proof.turn]
        quote = proof.quote if proof.quote and proof.quote.strip() and proof.quote in unit.text else None
        if unit.role in _MAY_PROVE and (proof.turn not in found or (quote and found[proof.turn][1].quote is None)):
            found[proof.turn] = (
                unit,
                Evidence(turn_id=unit.turn_id, quote=quote, said_at=unit.said_at, offset=unit.offset, index=unit.index),
            )
    return tuple(unit for unit, _ in found.values()), tuple(evidence for _, evidence in found.values())


def _candidate(proven: _Proven) -> Candidate:
    proposal, first = proven.proposal, proven.units[0]
    speaker = Speaker(role=first.role, name=first.name)
    return Candidate(
        type=proposal.type if proposal.type in FACT_TYPES else "fact",
        title=title_of(proposal.title or proposal.content)[:MAX_TITLE],
        content=proposal.content.strip(),
        subject=proposal.subject,
        predicate=proposal.predicate,
        object=proposal.object,
        about=proposal.about or proposal.subject or speaker.name or speaker.role,
        asserted_by=speaker,
        confidence=_clamped(proposal.confidence),
        confidence_basis=proposal.confidence_basis,
        provenance=_provenance(proposal.provenance, proven.evidence),
        evidence=proven.evidence,
        entities=proposal.entities,
        occurred_start=proposal.occurred_start,
        occurred_end=proposal.occurred_end,
        expires_at=proposal.expires_at,
    )


def _clamped(confidence: float) -> float:
    return min(max(confidence, 0.0), 1.0) if confidence == confidence else 0.0  # not a number: no confidence


def _provenance(claimed: Provenance, evidence: Sequence[Evidence]) -> Provenance:
    """Without a quote at most inferred; `imported` is the publisher's alone."""
    return claimed if claimed != "imported" and any(part.quote for part in evidence) else "inferred"


def _with_evidence_of(candidate: Candidate, twin: Candidate) -> Candidate:
    """A statement made twice in one window is one candidate, proven by both turns."""
    known = {evidence.turn_id for evidence in candidate.evidence}
    more = tuple(evidence for evidence in twin.evidence if evidence.turn_id not in known)
    return candidate.model_copy(update={"evidence": candidate.evidence + more}) if more else candidate


class _Twins:
    """What a reply has said so far. In a slot only the last value counts: Berlin, Oslo, Berlin again are three."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, ...], int] = {}
        self._last: dict[tuple[str, str], tuple[str, ...]] = {}

    def place_of(self, candidate: Candidate, key: tuple[str, ...]) -> int | None:
        slot = _slot(candidate)
        return None if slot and self._last.get(slot) != key else self._places.get(key)

    def remember(self, candidate: Candidate, key: tuple[str, ...], place: int) -> None:
        self._places[key] = place
        if slot := _slot(candidate):
            self._last[slot] = key


def _slot(candidate: Candidate) -> tuple[str, str] | None:
    if candidate.predicate in SINGLE_VALUED and candidate.object is not None:
        return candidate.subject or candidate.about, candidate.predicate or ""
    return None


def _sameness(candidate: Candidate) -> tuple[str, ...]:
    parts = (candidate.subject, candidate.predicate, candidate.object)
    said = [part for part in parts if part] if all(parts) else [candidate.content]
    return (candidate.type, *(" ".join(part.casefold().split()) for part in said))


def _words(text: str) -> frozenset[str]:
    """Words that carry meaning, roughly: four letters or more, or with a digit; by their first four letters."""
    words = _WORD.findall(text.casefold())
    return frozenset(word[:4] for word in words if len(word) > 3 or any(letter.isdigit() for letter in word))


def _words_of_users(window: WindowClosed) -> frozenset[str]:
    turns: list[ContextTurn | Unit] = [*window.context_turns, *window.units]
    texts = (f"{turn.name or ''} {turn.text}" for turn in turns if turn.role == "user")
    return frozenset({"user"}).union(*map(_words, texts))
