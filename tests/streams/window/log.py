"""A conversation log written by hand, and what window makes of it."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import orjson

from schemas.event import Coordinate, Event
from schemas.extraction import WindowClosed
from schemas.job import JobChanged
from schemas.log import (
    ConversationIdled,
    FlushRequested,
    JobResubmitted,
    Options,
    SessionEnded,
    SubmissionAccepted,
    SubmissionRefused,
    Turn,
)
from streams import codec
from streams.ids import scope_key
from streams.ports import Chunk, Output
from streams.settings import Settings, WindowLimits
from streams.window.agents import build
from streams.window.pinned import PINNED

START = 1_700_000_000_000
SECOND = 1_000
SOURCE = Coordinate(topic="turns", partition=0, offset=7, timestamp=START)


class Record(NamedTuple):
    """A record of the log."""

    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    topic: str = "conversations"
    partition: int = 0
    headers: tuple[tuple[str, bytes], ...] = ()


class Log:
    """Takes events at given seconds; offsets leave holes, as transaction markers do."""

    def __init__(self, org: str = "acme", user: str = "ann", session: str = "s1") -> None:
        self.records: list[Record] = []
        self._who = {"org_id": org, "user_id": user, "session_id": session}

    def add(self, at: float, event: Event) -> None:
        key = scope_key(event.org_id, event.user_id)
        self.records.append(Record(10 + 2 * len(self.records), START + int(at * SECOND), key, codec.encode(event)))

    def say(self, at: float, *texts: str, job: str | None = None, said_at: Sequence[float] = (), **more: Any) -> None:
        """A submission of turns called t<offset>.<index>, said when they are appended unless `said_at` tells."""
        offset = 10 + 2 * len(self.records)
        options = Options(**{name: more.pop(name) for name in [*more] if name in Options.model_fields})
        turns = tuple(
            Turn(
                turn_id=f"t{offset}.{index}",
                role="user",
                text=text,
                said_at=START + int((said_at[index] if said_at else at) * SECOND),
                index=index,
            )
            for index, text in enumerate(texts)
        )
        fields = {"turns": turns, "turns_in": len(turns)} | self._who | more
        self.add(at, SubmissionAccepted(job_id=job or f"j{offset}", options=options, source=SOURCE, **fields))

    def tick(self, at: float, **who: str) -> None:
        self.add(at, ConversationIdled(tick=1, **(self._who | who)))

    def flush(self, at: float) -> None:
        self.add(at, FlushRequested(source=SOURCE, **self._who))

    def end(self, at: float, **who: str) -> None:
        self.add(at, SessionEnded(source=SOURCE, **(self._who | who)))

    def resubmit(self, at: float, job: str, times: int = 1) -> None:
        self.add(at, JobResubmitted(job_id=job, resubmissions=times, turns_in=1, source=SOURCE, **self._who))

    def refuse(self, at: float, job: str) -> None:
        what = {"code": "TOO_LARGE", "message": "turns.0.text: too long", "headers": {"trace-id": "abc"}}
        self.add(at, SubmissionRefused(job_id=job, source=SOURCE, **what, **self._who))


class Outcome(NamedTuple):
    """What came of a log."""

    outputs: list[Output]
    state: dict[bytes, bytes]
    """But for what it was begun with."""

    @property
    def windows(self) -> list[WindowClosed]:
        return [codec.decode_as(WindowClosed, value) for value in self._values("extractions", "extractions-backfill")]

    @property
    def jobs(self) -> list[JobChanged]:
        return [job_in(value) for value in self._values("jobs.g1", "jobs.g2")]

    @property
    def waiting(self) -> list[bytes]:
        """The turns in the table."""
        return [value for key, value in self.state.items() if key[:1] == b"t" and value]

    def states(self, job: str) -> list[tuple[str, int, str]]:
        return [(event.part, event.revision, event.state) for event in self.jobs if event.job_id == job]

    def _values(self, *topics: str) -> list[bytes]:
        return [output.value or b"" for output in self.outputs if output.topic in topics]


def settings(generation: int = 1, **limits: Any) -> Settings:
    return Settings(generation=generation, window=WindowLimits(**limits))


def cut(log: Log | Sequence[Record], *, chunks: Sequence[int] = (), generation: int = 1, **limits: Any) -> Outcome:
    """Run the stage over a log. `chunks`: where it is split."""
    records = log.records if isinstance(log, Log) else log
    state: dict[bytes, bytes] = {}
    stage = build(settings(generation, **limits))(0, state)
    outputs: list[Output] = []
    edges = [0, *sorted(chunks), len(records)]
    for begin, end in pairwise(edges):
        effects = stage.process(Chunk("conversations", 0, records[begin:end], begin, end), state)
        outputs += effects.outputs
        state |= effects.changes
    return Outcome(outputs, {key: value for key, value in state.items() if key != PINNED})


def job_in(value: bytes) -> JobChanged:
    """The event, which says just what its model would, though it is written without it."""
    event = codec.decode_as(JobChanged, value)
    assert orjson.loads(value) == orjson.loads(codec.encode(event))
    return event


def texts(window: WindowClosed) -> list[str]:
    return [unit.text for unit in window.units]
