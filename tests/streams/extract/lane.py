"""A lane for tests: chunks, ticks and crashes over one table, with an extractor that can be away."""

import asyncio
from collections.abc import Sequence

from schemas.extraction import GenerationDropped, WindowClosed, WindowExtracted
from streams.errors import ExtractionFailed, Spent, Unavailable
from streams.extract.agents import Extract
from streams.extract.deferral import DAY_MS
from streams.extract.extractor import Identity, Reply
from streams.extract.extractors import ByName
from streams.extract.outages import Outages
from streams.extract.request import Request
from streams.ports import Chunk, Effects, Headers, Output
from tests.streams.extract.windows import IDS, SAID_AT, Scripted, chunk, result

NOON = SAID_AT // DAY_MS * DAY_MS + DAY_MS // 2


class Model(Scripted):
    """Answers, unless the model that is asked is away. `bad` in a text fails for good."""

    def __init__(self, *, price: int = 10, estimate: int = 10) -> None:
        super().__init__()
        self.price, self.estimated = price, estimate
        self.away: set[str] = set()
        self.retry_after_s: float | None = None
        self.of_server = True
        """Whether it says for everybody that it is away."""
        self.stuck: set[str] = set()
        """Texts that get no answer, whoever is there."""
        self.reached = True
        """Whether a call in vain counts: it reached the server."""
        self.calls: list[str] = []

    def identity(self, model: str | None, prompt: str | None = None) -> Identity:
        return Identity("model", "1", model or "small", prompt or "", 1)

    def estimate(self, request: Request, prompt_text: str | None = None) -> int:
        return self.estimated

    async def answer(self, request: Request) -> Reply:
        text = request.turns[0].text
        self.calls.append(text)
        for _ in range(sum(text.encode()) % 4):
            await asyncio.sleep(0)
        if text in self.stuck:
            raise Unavailable("too late", spent=Spent(attempts=1, cost_micros=self.price))
        if (request.model or "small") in self.away:
            spent = Spent(attempts=1, tokens_in=1) if self.reached else Spent()
            raise Unavailable("overloaded", retry_after_s=self.retry_after_s, spent=spent, of_server=self.of_server)
        if "bad" in text:
            raise ExtractionFailed("refused", spent=Spent(attempts=1, cost_micros=self.price))
        return Reply(model=request.model or "small", tokens_in=7, cost_micros=self.price)


class Lane:
    """What the engine does: each transaction is in the table before the next is asked for; a crash forgets the rest."""

    def __init__(
        self, extractor: Model | ByName, *, budget: int | None = None, calls: int = 8, headers: Headers = ()
    ) -> None:
        self.mark = ""
        self._by_name: ByName = (lambda name: extractor) if isinstance(extractor, Model) else extractor
        self.budget, self.calls, self.headers = budget, calls, headers
        self.outputs: list[Output] = []
        self.now = NOON
        self.state: dict[bytes, bytes] = {}
        self.results: list[WindowExtracted] = []
        self.position = 100
        self.restart()

    def restart(self) -> None:
        """Another worker takes over: only the table is left."""
        self._stage = Extract(
            self._by_name,
            IDS,
            self.state,
            calls=self.calls,
            budget=self.budget,
            outages=Outages(first_s=5),
            mark=self.mark,
            now=lambda: self.now,
        )

    async def take(
        self, *windows: WindowClosed | GenerationDropped, crash_after: int | None = None
    ) -> list[WindowExtracted]:
        """A chunk -> its results. After a crash it is read again from where the position stood."""
        seen = len(self.results)
        start, work = self.position, self._chunk(windows)
        if await self._commit(work, crash_after):
            left = windows[self.position - start :]
            self.restart()
            await self._commit(self._chunk(left), None)
        assert self.position == start + len(windows)
        return self.results[seen:]

    async def tick(self, *, after_s: float = 0, crash_after: int | None = None) -> list[WindowExtracted]:
        seen = len(self.results)
        self.now += round(1000 * after_s)
        if await self._commit(None, crash_after):
            self.restart()
        return self.results[seen:]

    def _chunk(self, windows: Sequence[WindowClosed | GenerationDropped]) -> Chunk:
        made = chunk(windows, start=self.position)
        return made._replace(records=[record._replace(headers=self.headers) for record in made.records])  # type: ignore[attr-defined]

    async def _commit(self, work: Chunk | None, crash_after: int | None) -> bool:
        """Whether it crashed."""
        made = self._stage.tick(self.now, self.state) if work is None else self._stage.process(work, self.state)
        if isinstance(made, Effects):
            self._keep(made)
            return False
        committed = 0
        async for effects in made:
            if committed == crash_after:
                await made.aclose()  # type: ignore[attr-defined]
                return True
            self._keep(effects)
            committed += 1
        return False

    def _keep(self, effects: Effects) -> None:
        outputs = list(effects.outputs)
        self.state.update(effects.changes)
        self.outputs += outputs
        self.results += map(result, outputs)
        if effects.position is not None:
            assert effects.position >= self.position
            self.position = effects.position

    def waiting(self) -> int:
        """How many windows are parked."""
        return sum(1 for key, value in self.state.items() if key[:1] == b"w" and value)


def told(results: Sequence[WindowExtracted]) -> list[tuple[str, str | None]]:
    return [(part.outcome, part.reason) for part in results]


def finals(results: Sequence[WindowExtracted]) -> list[WindowExtracted]:
    return [part for part in results if part.outcome != "deferred"]
