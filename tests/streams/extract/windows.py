"""Windows, chunks and a table for the tests of this stage."""

from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from schemas.event import Role
from schemas.extraction import (
    ContextTurn,
    GenerationDropped,
    JobShare,
    Unit,
    WindowClosed,
    WindowExtracted,
    WindowOptions,
)
from schemas.log import Observation
from streams import codec
from streams.extract.extractor import FRESH, Identity, Means, Proposal, Reply
from streams.extract.request import Request
from streams.ids import Ids, scope_key
from streams.ports import Chunk, Effects, Headers, Output, Processor

IDS = Ids("test-key")
SAID_AT = 1_746_000_000_000


class Record(NamedTuple):
    """A stored record."""

    offset: int
    value: bytes | None
    key: bytes | None = None
    topic: str = "extractions"
    partition: int = 0
    timestamp: int = SAID_AT
    headers: Headers = ()


def unit(
    text: str,
    *,
    role: Role = "user",
    name: str | None = None,
    index: int = 0,
    observations: tuple[Observation, ...] = (),
    piece: int = 0,
    job_id: str = "job-1",
) -> Unit:
    return Unit(
        turn_id=f"turn-{index}",
        piece=piece,
        offset=7,
        index=index,
        role=role,
        name=name,
        text=text,
        said_at=SAID_AT + index * 1000,
        job_id=job_id,
        observations=observations,
    )


def window(
    *units: Unit | str,
    user_id: str = "ann",
    window_id: str | None = None,
    generation: int = 1,
    options: WindowOptions | None = None,
    context_turns: tuple[ContextTurn, ...] = (),
) -> WindowClosed:
    made = tuple(part if isinstance(part, Unit) else unit(part, index=at) for at, part in enumerate(units))
    return WindowClosed(
        org_id="acme",
        user_id=user_id,
        generation=generation,
        session_id="s",
        window_id=window_id or IDS.window(b"c", [(f"{user_id} {part.text}", part.piece) for part in made]),
        units=made,
        context_turns=context_turns,
        options=options or WindowOptions(),
        jobs=tuple(JobShare(job_id=job_id, units=1, total=1, tokens=1) for job_id in {part.job_id for part in made}),
        closed_by="flush",
        closed_at=SAID_AT,
    )


def chunk(windows: Sequence[WindowClosed | GenerationDropped], *, start: int = 100, after: int | None = None) -> Chunk:
    records = [
        Record(start + at, codec.encode(each), scope_key(each.org_id, each.user_id)) for at, each in enumerate(windows)
    ]
    return Chunk("extractions", 0, records, start, start + len(records) if after is None else after)


async def transactions(stage: Processor, work: Chunk, state: dict[bytes, bytes]) -> list[Effects]:
    """Run a chunk as the engine does: each transaction is in the table before the next is asked for."""
    made: list[Effects] = []
    items = stage.process(work, state)
    assert isinstance(items, AsyncIterator)
    async for effects in items:
        made.append(Effects(list(effects.outputs), effects.changes, effects.position))
        state.update(effects.changes)
    return made


def results(made: Sequence[Effects]) -> list[WindowExtracted]:
    return [result(output) for effects in made for output in effects.outputs]


def result(output: Output) -> WindowExtracted:
    return codec.decode_as(WindowExtracted, output.value or b"")


class Scripted:
    """An extractor for tests: answers as told, counts what it is asked, and holds questions until they are released."""

    in_process = False

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.means: list[Means] = []
        self.in_flight = 0
        self.most_in_flight = 0

    def identity(self, model: str | None, prompt: str | None = None) -> Identity:
        return Identity("scripted", "1", model or "none", prompt or "p", 1)

    async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
        self.asked.append(request.turns[0].text)
        self.means.append(means)
        self.in_flight += 1
        self.most_in_flight = max(self.most_in_flight, self.in_flight)
        try:
            return await self.answer(request)
        finally:
            self.in_flight -= 1

    def estimate(self, request: Request, prompt_text: str | None = None) -> int:
        return 0

    def proposals(self, reply: Reply, request: Request) -> tuple[Proposal, ...]:
        return reply.proposals

    async def answer(self, request: Request) -> Reply:
        return Reply(model="scripted-1", tokens_in=len(request.turns[0].text))


def asking(text: str, *, who: str = "ann", model: str | None = None, generation: int = 1) -> WindowClosed:
    return window(text, user_id=who, options=WindowOptions(model=model), generation=generation)
