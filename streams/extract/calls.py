"""Questions to extractors, asked side by side; their answers come in the order they arrive."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Set
from contextlib import aclosing
from typing import NamedTuple

from streams import failpoints
from streams.errors import ExtractionFailed, Unavailable
from streams.extract.budget import Purse, Short
from streams.extract.deferral import Deferral
from streams.extract.extractor import Extractor, Means, Reply
from streams.extract.journal import JournalKey
from streams.extract.outages import InVain, Outages
from streams.extract.request import Request

GATHER_S = 0.01
"""How long answers may be waited for before those in hand are given."""
GATHER_IN_PROCESS_S = 0.2
"""The same where all answers are computed here: they are quick, but a chunk of the largest windows takes seconds."""


class Question(NamedTuple):
    """What is asked of whom."""

    extractor: Extractor
    request: Request
    prompt_text: str | None
    asked_of: str
    """The extractor and model: what is away when they are."""


Outcome = Reply | Deferral | None
"""None: nobody waited for the answer any more, and nobody was asked."""


class Terms(NamedTuple):
    """When a question may be asked."""

    calls: int
    """Most in flight to one extractor and model."""
    purse: Purse
    outages: Outages
    now: Callable[[], int]
    trying: Set[JournalKey] = frozenset()
    """What is asked although the extractor was away: perhaps it is back."""
    tried: Set[JournalKey] = frozenset()
    """What was asked in vain before."""
    alone: Set[JournalKey] = frozenset()
    """What got no answer while others got theirs."""


async def ask(
    questions: Mapping[JournalKey, Question], terms: Terms, is_wanted: Callable[[JournalKey], bool]
) -> AsyncGenerator[dict[JournalKey, Outcome], None]:
    """Outcomes by key, in groups as they arrive; the first group may be empty.

    Extractors in this process are asked one question after another; where there are no others, without tasks: the
    answers of a short while come in one group, none of them empty. One that gives up on a question answers with an
    error, one that is away with a deferral; any other exception is raised here, and whatever is still in flight when
    the iterator is closed is cancelled.
    """
    asking = _Asking(terms, is_wanted)
    if all(question.extractor.in_process for question in questions.values()):
        async with aclosing(_one_by_one(questions, asking)) as groups:
            async for group in groups:
                yield group
        return
    tasks = {asyncio.create_task(asking.ask(key, question)): key for key, question in questions.items()}
    waiting = set(tasks)
    try:
        done: set[asyncio.Task[Outcome]]
        done, waiting = await asyncio.wait(waiting, timeout=GATHER_S)
        while True:
            yield {tasks[task]: task.result() for task in tasks if task in done}
            if not waiting:
                return
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _one_by_one(
    questions: Mapping[JournalKey, Question], asking: "_Asking"
) -> AsyncGenerator[dict[JournalKey, Outcome], None]:
    """Without a task for each question, which costs more than most answers. The first group has the first answer: it is
    there in milliseconds, and a step before it would be a transaction of its own."""
    group: dict[JournalKey, Outcome] = {}
    loop = asyncio.get_running_loop()
    given = loop.time()
    for key, question in questions.items():
        if group and loop.time() - given > GATHER_IN_PROCESS_S:
            yield group
            group, given = {}, loop.time()
        group[key] = await asking.ask(key, question)
    yield group


class _Asking:
    """One round of questions."""

    def __init__(self, terms: Terms, is_wanted: Callable[[JournalKey], bool]) -> None:
        self._terms, self._is_wanted = terms, is_wanted
        self._free: dict[str, asyncio.Semaphore] = {}

    async def ask(self, key: JournalKey, question: Question) -> Outcome:
        purse = self._terms.purse
        required = 0 if purse.limit is None else question.extractor.estimate(question.request, question.prompt_text)
        try:
            async with purse.reserved(key.scope, required) as may_spend, self._slot(question):
                if not self._is_wanted(key):
                    return None
                outcome = self._away(key, question) or await self._call(key, question, may_spend)
                purse.pay(key.scope, _cost(outcome))
                return outcome
        except Short as short:
            return short.deferral

    def _slot(self, question: Question) -> asyncio.Semaphore:
        most = 1 if question.extractor.in_process else self._terms.calls
        return self._free.setdefault(question.asked_of, asyncio.Semaphore(most))

    def _away(self, key: JournalKey, question: Question) -> Deferral | None:
        """Without a call: it was away a moment ago."""
        outage = self._terms.outages.of(question.asked_of)
        if outage is None or key in self._terms.trying:
            return None
        return Deferral("unavailable", outage.error, away=question.asked_of, tried=False)

    async def _call(self, key: JournalKey, question: Question, may_spend: Callable[[int], bool]) -> Reply | Deferral:
        outages, terms = self._terms.outages, self._terms
        means = Means(key in terms.tried or key in terms.trying, may_spend)
        failpoints.reach("call_begins")
        try:
            reply = await question.extractor.extract(question.request, question.prompt_text, means)
        except ExtractionFailed as error:
            reply = Reply(
                error=str(error), model=error.model, finish_reason=error.finish_reason, **error.spent._asdict()
            )
        except Unavailable as error:
            text, after = str(error), error.retry_after_s
            tried = InVain(key.scope, text, after, error.of_server, key not in terms.alone)
            outages.in_vain(question.asked_of, tried, now=terms.now())
            return Deferral(
                "unavailable",
                text,
                retry_after_s=after,
                away=question.asked_of,
                of_server=error.of_server,
                spent=error.spent,
            )
        failpoints.reach("call_answered")
        outages.answered(question.asked_of, now=terms.now())
        return reply


def _cost(outcome: Reply | Deferral) -> int:
    return outcome.cost_micros if isinstance(outcome, Reply) else outcome.spent.cost_micros
