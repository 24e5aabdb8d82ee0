"""When two statements are the same fact, and what a fact keeps of every statement of it."""

import unicodedata
from collections.abc import Iterable
from itertools import accumulate, takewhile
from typing import NamedTuple

from schemas.event import Visibility
from schemas.extraction import Candidate
from schemas.predicates import SINGLE_VALUED
from streams.ids import Ids

MAX_EVIDENCE = 20
MAX_QUOTE = 300
"""Characters. What is cut off a longer quote can be read in its turn; the whole keeps a fact's value small."""
MAX_JOBS = 100
MAX_JOBS_LENGTH = 4_000
MAX_BASIS = 100

PROVENANCES = ("inferred", "observed", "imported", "explicit_statement", "validated", "corrected")
"""From weakest to strongest."""

_DAY = 86_400_000
_TRAILING = ".!,;:…。！，；：、 "  # never the question mark, nor a sign that belongs to a number


Wording = dict[str, object]
"""Those fields of a FactRecorded that stay as they were when the fact was first said."""


class Identity(NamedTuple):
    """Which fact a candidate states; `slot`: where its value competes with others, None where nothing does."""

    fact: bytes
    slot: bytes | None


class Said(NamedTuple):
    """A turn that says it, in the order of time and then of the log."""

    said_at: int
    offset: int
    place: int
    turn_id: str
    quote: str | None


class Fact(NamedTuple):
    """What changes about a fact as it is said again; its wording stays as it was first said."""

    revision: int
    confirmations: int
    confidence: float
    confidence_basis: str
    provenance: str
    occurred_start: int | None
    occurred_end: int | None
    expires_at: int | None
    mentioned_at: int
    since: int
    """The earliest event time."""
    evidence: tuple[Said, ...] = ()
    """The earliest of the turns that say it."""
    job_ids: tuple[str, ...] = ()
    """The jobs of all turns that say it; beyond `MAX_JOBS` the newest."""


def memory(ids: Ids, scope: bytes, visibility: Visibility) -> bytes:
    """Where facts meet: what others may read never mixes with what only the user may, or it would show in it."""
    return scope if visibility == "user" else ids.digest("shared memory", scope, visibility)


def identify(ids: Ids, memory: bytes, candidate: Candidate) -> Identity:
    """The fact a candidate states."""
    subject, predicate, value = candidate.subject, candidate.predicate, candidate.object
    if predicate in SINGLE_VALUED and subject and value:
        place = normalise(subject)
        fact = ids.fact(memory, candidate.type, (place, predicate, normalise(value)), "")
        return Identity(bytes.fromhex(fact), ids.slot(memory, place, predicate))
    return Identity(bytes.fromhex(ids.fact(memory, candidate.type, None, _essence(candidate))), None)


def normalise(text: str) -> str:
    """A text without case, ends of sentences and width of spaces; all that could change what it says stays."""
    plain = " ".join(_fold(text).split())
    return plain.rstrip(_TRAILING) or plain


def _fold(text: str) -> str:
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())


def _essence(candidate: Candidate) -> str:
    """The normalised content; of an event with its day, for the same on another day is another event."""
    content = normalise(candidate.content)
    if candidate.type != "event" or candidate.occurred_start is None:
        return content
    return f"{content}\n{candidate.occurred_start // _DAY}"


def said(candidate: Candidate) -> list[Said]:
    """The turns a candidate names, each once."""
    turns: dict[str, Said] = {}
    for proof in candidate.evidence:
        quote = proof.quote and proof.quote[:MAX_QUOTE]
        turns.setdefault(proof.turn_id, Said(proof.said_at, proof.offset, proof.index, proof.turn_id, quote))
    return list(turns.values())


def event_time(candidate: Candidate, turn: Said) -> int:
    """When what the turn says came to be: as said, else when it was said."""
    return turn.said_at if candidate.occurred_start is None else candidate.occurred_start


def first_stated(candidate: Candidate) -> Fact:
    """A fact nobody knew, before its turns are counted."""
    turns = said(candidate)
    return Fact(
        revision=0,
        confirmations=0,
        confidence=candidate.confidence,
        confidence_basis=candidate.confidence_basis[:MAX_BASIS],
        provenance=candidate.provenance,
        occurred_start=candidate.occurred_start,
        occurred_end=candidate.occurred_end,
        expires_at=candidate.expires_at,
        mentioned_at=max(turn.said_at for turn in turns),
        since=min(event_time(candidate, turn) for turn in turns),
    )


def stated_again(fact: Fact, candidate: Candidate) -> Fact:
    """The fact after one more statement: the surest and strongest count, and the widest span of time."""
    other = first_stated(candidate)
    surer = max(fact, other, key=lambda one: one.confidence)
    occurred = min((fact, other), key=_occurrence)
    return fact._replace(
        confidence=surer.confidence,
        confidence_basis=surer.confidence_basis,
        provenance=max(fact.provenance, other.provenance, key=PROVENANCES.index),
        occurred_start=occurred.occurred_start,
        occurred_end=occurred.occurred_end,
        expires_at=max((at for at in (fact.expires_at, other.expires_at) if at is not None), default=None),
        mentioned_at=max(fact.mentioned_at, other.mentioned_at),
        since=min(fact.since, other.since),
    )


def _occurrence(fact: Fact) -> tuple[bool, int, bool, int]:
    """Orders facts by the time they name: earlier first, none last."""
    start, end = fact.occurred_start, fact.occurred_end
    return start is None, start or 0, end is None, end or 0


class Confirmed(NamedTuple):
    """A fact with more turns, and those of its turns that are not evidence any more, or never were."""

    fact: Fact
    beyond: tuple[Said, ...]


def confirm(fact: Fact, turns: Iterable[Said], job_ids: Iterable[str]) -> Confirmed:
    """Count turns that were not counted before, each once."""
    new = tuple(turns)
    every = tuple(sorted((*fact.evidence, *new)))
    jobs = _newest((*fact.job_ids, *(job_id for job_id in dict.fromkeys(job_ids) if job_id not in fact.job_ids)))
    confirmed = fact._replace(confirmations=fact.confirmations + len(new), evidence=every[:MAX_EVIDENCE], job_ids=jobs)
    return Confirmed(confirmed, every[MAX_EVIDENCE:])


def _newest(job_ids: tuple[str, ...]) -> tuple[str, ...]:
    """As many of the last as a fact keeps."""
    lengths = accumulate(len(job_id) for job_id in reversed(job_ids[-MAX_JOBS:]))
    kept = sum(1 for _ in takewhile(lambda length: length <= MAX_JOBS_LENGTH, lengths))
    return job_ids[-kept:] if kept else ()
