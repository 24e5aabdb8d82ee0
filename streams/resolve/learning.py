"""One window's candidates against what the scope knows: new, the same again, or another value of a slot."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.extraction import Candidate, WindowExtracted
from schemas.fact import FactRecorded
from streams.ids import Ids
from streams.resolve.aliases import NOBODY, Alias, alias_in
from streams.resolve.changes import Change
from streams.resolve.counts import Counts, Tally
from streams.resolve.entities import fold
from streams.resolve.events import fact_recorded
from streams.resolve.facts import (
    MAX_EVIDENCE,
    Fact,
    Said,
    Wording,
    confirm,
    event_time,
    first_stated,
    identify,
    memory,
    said,
    stated_again,
)
from streams.resolve.state import ScopeTable
from streams.resolve.timeline import Assertion, Held, Timeline, Times, arrange

MAX_ENTITIES = 50
MAX_ALIAS = 300
"""Characters of words that may be another name."""

Jobs = dict[str, None]
"""Job ids, each once, in order."""


class Learnt(NamedTuple):
    """What a window changed: facts as they are told, and the counts of the window and of each of its jobs."""

    facts: tuple[FactRecorded, ...]
    tally: Tally
    by_job: Mapping[str, Tally]


@dataclass(slots=True)
class Stated:
    """A fact that candidates of the window state; `before` is None where nobody knew it."""

    wording: Wording
    slot: bytes | None
    before: Fact | None
    now: Fact
    jobs: Jobs = field(default_factory=dict)
    """Of the turns that are new to it."""


@dataclass(slots=True)
class Slot:
    """A slot that candidates of the window speak of: what was asserted before, and is new."""

    known: dict[Assertion, None]
    new: dict[Assertion, None] = field(default_factory=dict)
    jobs: Jobs = field(default_factory=dict)


def learn(result: WindowExtracted, ids: Ids, table: ScopeTable) -> Learnt:
    """Take in a window's candidates. Each fact that changed is told once: those stated first, then those superseded."""
    lesson = Lesson(result, ids, table)
    for candidate in result.candidates:
        if candidate.evidence:  # without a turn there is no time and no place in the log
            lesson.take(candidate)
    return lesson.settle()


def jobs_of(result: WindowExtracted, turn_ids: Iterable[str]) -> Jobs:
    """The jobs whose turns these are; where the result does not say, any of the window's may be."""
    known: Jobs = {}
    for turn_id in turn_ids:
        job_id = result.unit_jobs.get(turn_id)
        known |= dict.fromkeys(share.job_id for share in result.jobs) if job_id is None else {job_id: None}
    return known


class Lesson:
    """What is known of a window so far: candidates in, changes out."""

    def __init__(self, result: WindowExtracted, ids: Ids, table: ScopeTable) -> None:
        self._result = result
        self._ids = ids
        self._table = table
        self._memory = memory(ids, table.scope, result.options.visibility)
        self._stated: dict[bytes, Stated] = {}
        self._slots: dict[bytes, Slot] = {}

    def take(self, candidate: Candidate) -> None:
        """Count one candidate's turns for its fact, and assert it in its slot."""
        fact, slot = identify(self._ids, self._memory, candidate)
        stated = self._meet(fact, slot, candidate)
        turns = said(candidate)
        new = [turn for turn in turns if not self._is_counted(fact, stated.now, turn)]
        jobs = jobs_of(self._result, (turn.turn_id for turn in new))
        stated.now, beyond = confirm(stated.now, new, jobs)
        stated.jobs |= jobs
        for turn in beyond:
            self._table.put_turn(fact, turn.turn_id)
        if slot is not None:
            self._assert(slot, fact, candidate, turns)

    def _meet(self, fact: bytes, slot: bytes | None, candidate: Candidate) -> Stated:
        """The fact after one more statement, its turns not yet counted."""
        stated = self._stated.get(fact)
        if stated is None and (before := self._table.fact(fact)):
            stated = self._stated[fact] = Stated(self._table.wording(fact), slot, before, before)
        if stated is not None:
            stated.now = stated_again(stated.now, candidate)
            return stated
        wording = self._word(candidate)
        self._table.put_wording(fact, wording)
        stated = self._stated[fact] = Stated(wording, slot, None, first_stated(candidate))
        return stated

    def _is_counted(self, fact: bytes, known: Fact, turn: Said) -> bool:
        if any(proof.turn_id == turn.turn_id for proof in known.evidence):
            return True
        return known.confirmations > MAX_EVIDENCE and self._table.says(fact, turn.turn_id)

    def _assert(self, slot: bytes, fact: bytes, candidate: Candidate, turns: Iterable[Said]) -> None:
        spoken = self._slots.get(slot)
        if spoken is None:
            spoken = self._slots[slot] = Slot(dict.fromkeys(self._table.assertions(slot)))
        for turn in turns:
            assertion = Assertion(event_time(candidate, turn), turn.offset, turn.place, fact)
            if assertion not in spoken.known and assertion not in spoken.new:
                spoken.new[assertion] = None
                self._table.put_assertion(slot, assertion)
        spoken.jobs |= jobs_of(self._result, (turn.turn_id for turn in turns))

    def _word(self, candidate: Candidate) -> Wording:
        """How a fact is told from its first revision on."""
        names = ("type", "title", "content", "subject", "predicate", "object", "about", "asserted_by")
        wording = candidate.model_dump(mode="json", include=set(names), exclude_none=True)
        wording["session_id"] = self._result.session_id
        wording["visibility"] = self._result.options.visibility
        wording["entities"] = list(self._entities(candidate).values())
        return wording

    def _entities(self, candidate: Candidate) -> dict[str, dict[str, str]]:
        """The names in it, each once, as the scope first spelt them; what a name is an alias of stands for it."""
        entities: dict[str, dict[str, str]] = {}
        for name, type_ in self._names(candidate):
            whose = self._whose(name)
            kind, called = whose or (type_, name)
            if not kind:
                continue
            entity_id = self._ids.entity(self._memory, kind, fold(called))
            spelling = self._table.spelling(bytes.fromhex(entity_id), called)
            entity = {"entity_id": entity_id, "name": spelling, "type": kind}
            entities.setdefault(entity_id, entity | ({"said_as": name} if name != spelling else {}))
        if alias := self._learn_alias(candidate):
            entity_id = self._ids.entity(self._memory, alias.type, fold(alias.name))
            entities.get(entity_id, {}).setdefault("said_as", alias.said)
        return entities

    def _names(self, candidate: Candidate) -> Iterable[tuple[str, str]]:
        """With their types; last whom it is about, if only by words such as "Mia's sister"."""
        yield from ((mention.name, mention.type) for mention in candidate.entities[:MAX_ENTITIES])
        if candidate.subject and len(candidate.subject) <= MAX_ALIAS:
            yield candidate.subject, ""

    def _whose(self, name: str) -> tuple[str, str] | None:
        """Type and name of the entity that these words are another name of."""
        whose = self._table.alias(self._alias_key(fold(name)))
        if whose is None or whose == NOBODY:
            return None
        type_, called = whose.decode().split("\n", 1)
        return type_, called

    def _learn_alias(self, candidate: Candidate) -> Alias | None:
        alias = alias_in(candidate)
        if alias is None or len(alias.said) > MAX_ALIAS:
            return None
        key = self._alias_key(fold(alias.said))
        known, whose = self._table.alias(key), f"{alias.type}\n{alias.name}".encode()
        if known is None:
            self._table.put_alias(key, whose)
        elif known != NOBODY and fold(known.decode().split("\n", 1)[1]) != fold(alias.name):
            self._table.put_alias(key, NOBODY)
        return alias

    def _alias_key(self, words: str) -> bytes:
        return self._ids.digest("alias", self._memory, words)

    def settle(self) -> Learnt:
        """Tell every fact that changed, once, and remember it."""
        before = {slot: arrange(spoken.known) for slot, spoken in self._slots.items()}
        after = {slot: arrange((*spoken.known, *spoken.new)) for slot, spoken in self._slots.items()}
        counts = Counts()
        told: list[FactRecorded] = []
        for change, jobs, slot_jobs in (*self._changes_stated(before, after), *self._changes_beside(before, after)):
            if change.is_visible:
                revised = change.revise()
                self._table.put_fact(revised.fact, revised.now)
                told.append(fact_recorded(revised, self._result, jobs | slot_jobs))
                counts.add(change.tally_of_turns, jobs)
                counts.add(change.tally_of_slot, slot_jobs)
        return Learnt(tuple(told), counts.tally, counts.by_job)

    def _changes_stated(
        self, before: Mapping[bytes, Timeline], after: Mapping[bytes, Timeline]
    ) -> Iterable[tuple[Change, Jobs, Jobs]]:
        for fact, stated in self._stated.items():
            if stated.slot is None:
                times_before: Times = () if stated.before is None else (Held(stated.before.since),)
                times: Times = (Held(stated.now.since),)
                slot_jobs: Jobs = {}
            else:
                times_before, times = before[stated.slot].get(fact, ()), after[stated.slot][fact]
                slot_jobs = self._slots[stated.slot].jobs
            yield Change(fact, stated.wording, stated.before, stated.now, times_before, times), stated.jobs, slot_jobs

    def _changes_beside(
        self, before: Mapping[bytes, Timeline], after: Mapping[bytes, Timeline]
    ) -> Iterable[tuple[Change, Jobs, Jobs]]:
        """Facts of the slots spoken of that nobody stated, but whose times changed."""
        for slot, spoken in self._slots.items():
            for fact, times in after[slot].items():
                if fact in self._stated or times == before[slot][fact]:
                    continue
                known = self._table.fact(fact)
                assert known is not None, "what is asserted in a slot is a fact"
                yield Change(fact, self._table.wording(fact), known, known, before[slot][fact], times), {}, spoken.jobs
