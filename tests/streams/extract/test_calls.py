"""In which groups the answers of extractors in this process arrive."""

import asyncio

from streams.extract import calls
from streams.extract.budget import Purse
from streams.extract.calls import Question, Terms, ask
from streams.extract.extractor import Reply
from streams.extract.journal import JournalKey
from streams.extract.outages import Outages
from streams.extract.request import Request, ShownTurn
from tests.streams.extract.windows import SAID_AT, Scripted


class Here(Scripted):
    """Computes its answers in this process, each for so long."""

    in_process = True

    def __init__(self, takes_s: float) -> None:
        super().__init__()
        self._takes_s = takes_s

    async def answer(self, request: Request) -> Reply:
        await asyncio.sleep(self._takes_s)
        return await super().answer(request)


async def groups(extractor: Here, count: int) -> list[list[bytes]]:
    """The keys of each group that came."""
    request = Request((ShownTurn("user", None, "I live in Oslo.", SAID_AT),))
    questions = {
        JournalKey(b"ann", b"%02d" % number): Question(extractor, request, None, "here") for number in range(count)
    }
    terms = Terms(8, Purse(None, {}, lambda: SAID_AT), Outages(), lambda: SAID_AT)
    return [[key.extraction_key for key in group] async for group in ask(questions, terms, lambda key: True)]


async def test_quick_answers_computed_here_come_in_one_group() -> None:
    assert await groups(Here(0), 50) == [[b"%02d" % number for number in range(50)]]


async def test_answers_that_take_long_to_compute_do_not_wait_for_all_the_others() -> None:
    extractor = Here(calls.GATHER_IN_PROCESS_S / 4)
    came = await groups(extractor, 12)
    assert extractor.most_in_flight == 1
    assert len(came) > 1
    assert [key for group in came for key in group] == [b"%02d" % number for number in range(12)]
