"""The extractions of a chunk, or those of a tick, until each has its result or waits in the table.

Results leave in the order of the extractions of their scope and generation. One that cannot be answered now is parked
and says so; whatever comes after it in its line is parked behind it, and the others go on.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping, Sequence
from contextlib import aclosing
from typing import NamedTuple

from schemas.extraction import WindowClosed, WindowExtracted
from streams import codec, failpoints
from streams.counts import Counts, Name
from streams.errors import Spent
from streams.extract import budget, journal, result
from streams.extract.calls import Outcome, Terms, ask
from streams.extract.counts import count_call, count_result
from streams.extract.deferral import DAY_MS, IN_LINE, MOST_ALONE, Deferral
from streams.extract.extraction import Extraction
from streams.extract.extractor import Reply
from streams.extract.journal import Answer, JournalKey
from streams.extract.order import Line
from streams.extract.parked import Head, Parked
from streams.ids import scope_key
from streams.overlay import Overlay
from streams.ports import Output, State


class Place(NamedTuple):
    """An extraction in its line. `number`: under which it is parked; None for one that has just come."""

    extraction: Extraction
    line: bytes
    value: bytes
    number: int | None = None


class Step(NamedTuple):
    """What one transaction makes durable, and the first place that still waits after it."""

    outputs: Sequence[Output]
    changes: Mapping[bytes, bytes]
    first_waiting: int | None
    counts: Counts


class Round:
    """Runs once. What it reads of the table is what its own steps have made of it."""

    def __init__(
        self,
        places: Sequence[Place],
        table: State,
        parked: Parked,
        terms: Terms,
        due_at: Callable[[Deferral, int, int], int],
        mark: str = "",
    ) -> None:
        """`mark`: of the settings that questions are asked with."""
        self._places, self._table, self._parked, self._terms, self._due_at = places, table, parked, terms, due_at
        self._mark = mark
        self._line = Line([place.line for place in places])
        self._stopped: set[bytes] = set()
        self._answers: dict[JournalKey, Answer] = {}
        self._deferrals: dict[JournalKey, Deferral] = {}
        self._failed: dict[JournalKey, Spent] = {}
        """What failures of this step took that no result has told yet."""
        self._asking: dict[JournalKey, int] = {}
        self._left: set[int] = set()
        self._wanted = Counter(place.extraction.key for place in places)
        self._counts: Counter[tuple[Name, str]] = Counter()

    async def steps(self, changes: Mapping[bytes, bytes]) -> AsyncGenerator[Step, None]:
        """One step now, or with the first answer where that comes from this process; then one whenever answers arrive,
        journaled with it. `changes` belong to the first."""
        self._look_up()
        questions = {key: self._places[at].extraction.question for key, at in self._asking.items()}
        async with aclosing(ask(questions, self._terms, lambda key: self._wanted[key] > 0)) as groups:
            async for outcomes in groups:
                overlay = Overlay(self._table)
                overlay.changes.update(changes)
                changes = {}
                self._counts = Counter()
                for key, outcome in outcomes.items():
                    self._take_in(key, outcome, overlay)
                leaving = {at: [*self._leave(at, overlay)] for at in self._line.leave(self._may_leave)}
                for key, used in self._failed.items():
                    journal.spend(overlay, key, used)  # until the failure leaves, if it ever does
                self._failed.clear()
                outputs = [output for at in sorted(leaving) for output in leaving[at]]
                yield Step(outputs, overlay.changes, self._line.first_waiting(), self._counts)
                if any(self._wanted[key] > 0 for key in outcomes):
                    failpoints.reach("journal_ahead")  # an answer is durable, its result is not

    def _look_up(self) -> None:
        """The answers the journal holds, and who asks the questions left: the first to need the answer."""
        for at, place in enumerate(self._places):
            extraction = place.extraction
            if not extraction.needs_answer or self._is_behind(place):
                continue
            if extraction.key not in self._answers and extraction.key not in self._asking:
                answer = journal.find(self._table, extraction.key)
                if answer is None:
                    self._asking[extraction.key] = at
                else:
                    self._answers[extraction.key] = answer

    def _take_in(self, key: JournalKey, outcome: Outcome, overlay: Overlay) -> None:
        """What a call brought, and what it cost."""
        if outcome is None:
            return
        used = outcome.spent if isinstance(outcome, Deferral) else journal.used(outcome)
        count_call(self._counts, outcome, used)
        budget.pay(overlay, key.scope, self._terms.now() // DAY_MS, used.cost_micros)
        if isinstance(outcome, Deferral):
            self._deferrals[key] = outcome
            journal.spend(overlay, key, used)
        elif outcome.error is not None:
            self._failed[key] = used
            self._answers[key] = _failure(outcome)
        else:
            reply = journal.settle(overlay, key, outcome)
            payer = self._payer(key)
            answer = Answer(generation=payer.generation, window_id=payer.window_id, reply=reply)
            self._answers[key] = answer
            overlay.changes.update(journal.entry(key, answer))

    def _payer(self, key: JournalKey) -> WindowClosed:
        """The window that asked; where it is parked meanwhile, the next that still waits."""
        asked = self._asking[key]
        if asked in self._left and self._wanted[key]:
            here = (at for at, place in enumerate(self._places) if place.extraction.key == key and at not in self._left)
            asked = next(here)
        return self._places[asked].extraction.window

    def _is_behind(self, place: Place) -> bool:
        """Whether somebody of its line waits in the table before it."""
        return place.line in (self._parked if place.number is None else self._stopped)

    def _deferral(self, extraction: Extraction) -> Deferral | None:
        return extraction.blocked or self._deferrals.get(extraction.key)

    def _may_leave(self, at: int) -> bool:
        place = self._places[at]
        extraction = place.extraction
        if self._is_behind(place) or self._deferral(extraction) is not None:
            return True
        return not extraction.needs_answer or extraction.key in self._answers

    def _leave(self, at: int, overlay: Overlay) -> Iterator[Output]:
        """A place's result, or that it waits in the table from now on."""
        place = self._places[at]
        self._left.add(at)
        self._wanted[place.extraction.key] -= 1
        deferral = IN_LINE if self._is_behind(place) else self._deferral(place.extraction)
        if deferral is not None and self._is_hopeless(place, deferral):
            error = f"no answer {MOST_ALONE} times while other windows got theirs: {deferral.error}"
            self._answers[place.extraction.key] = _failure(Reply(error=error))
            deferral = None
        if deferral is None:
            if place.number is not None:
                self._parked.leave(overlay, place.line)
            yield self._output(place.extraction, self._final(place.extraction, overlay))
            return
        number = place.number
        if number is None:
            number = self._parked.park(overlay, place.line, place.extraction.headers, place.value)
        if deferral is not IN_LINE:
            self._put_off(place.line, deferral, overlay)
        elif place.number is not None:
            return
        if self._parked.told(overlay, place.line, number) != deferral.reason:
            self._parked.tell(overlay, place.line, number, deferral.reason)
            yield self._output(place.extraction, _deferred(place.extraction, deferral))

    def _put_off(self, line: bytes, deferral: Deferral, overlay: Overlay) -> None:
        self._stopped.add(line)
        head, now = self._parked.heads[line], self._terms.now()
        due = self._due_at(deferral, head.tries, now)
        known = head._replace(due=due, tries=head.tries + deferral.tried, away=deferral.away, mark=self._mark)
        if deferral.away and deferral.tried:
            known = known._replace(tried_at=now, alone=self._alone(head, deferral))
        self._parked.put_off(overlay, line, known)

    def _alone(self, head: Head, deferral: Deferral) -> int:
        """How often the first of a line was tried in vain, this time included, while others got their answers."""
        others = self._terms.outages.answered_at(deferral.away)
        return head.alone + (not deferral.of_server and 0 < head.tried_at <= others)

    def _is_hopeless(self, place: Place, deferral: Deferral) -> bool:
        """Whether it is this window that gets no answer, and no longer the extractor that is away."""
        if place.number is None or not (deferral.away and deferral.tried):
            return False
        return self._alone(self._parked.heads[place.line], deferral) >= MOST_ALONE

    def _output(self, extraction: Extraction, event: WindowExtracted) -> Output:
        count_result(self._counts, event)
        window = extraction.window
        key = scope_key(window.org_id, window.user_id)
        return Output(WindowExtracted.topic, key, codec.encode(event), extraction.headers)

    def _final(self, extraction: Extraction, overlay: Overlay) -> WindowExtracted:
        window, identity, key = extraction.window, extraction.identity, extraction.key.extraction_key.hex()
        if not window.options.infer:
            return result.verbatim(window, key=key, identity=identity)
        if extraction.unasked is not None:
            return result.unasked(window, key=key, identity=identity, reason=extraction.unasked)
        assert extraction.extractor is not None
        answer = self._answers[extraction.key]
        # a window that paid says so whenever it is said again, also after a crash between the journal and the result
        pays, reply = _pays(window, answer), answer.reply
        if reply.error is not None:  # the first that tells it pays for all that was tried
            used = self._failed.pop(extraction.key, Spent())
            reply = journal.settle(overlay, extraction.key, reply.model_copy(update=used._asdict()))
        proposals = extraction.extractor.proposals(reply, extraction.request)
        hit = reply.error is None and not pays
        return result.from_reply(window, key=key, identity=identity, reply=reply, proposals=proposals, journal_hit=hit)


def _failure(reply: Reply) -> Answer:
    """A failure that nobody has paid for yet. It is never journaled."""
    return Answer(generation=0, window_id="", reply=reply.model_copy(update=Spent()._asdict()))


def _pays(window: WindowClosed, answer: Answer) -> bool:
    return (answer.generation, answer.window_id) == (window.generation, window.window_id)


def _deferred(extraction: Extraction, deferral: Deferral) -> WindowExtracted:
    key = extraction.key.extraction_key.hex()
    return result.deferred(extraction.window, key=key, identity=extraction.identity, deferral=deferral)
