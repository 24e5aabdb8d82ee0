"""The stages the tests run, each in a worker process: `python -m tests.streams.engine.stages`, told by STAGE (JSON)."""

import asyncio
import json
import logging
import os
import signal
import sys
import time
import zlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from aiokafka import AIOKafkaProducer

from streams.engine import EngineSettings, StageSpec, run
from streams.engine.cursor import Cursor
from streams.ports import Chunk, Crashes, Effects, Output, Processor, SourceRecord, State, Writer
from tests.streams.engine.workload import ID_BYTES, PARTITIONS

log = logging.getLogger(__name__)


class Told(NamedTuple):
    """What the test wants of a worker."""

    stage: str
    prefix: str
    settings: dict[str, Any]
    spec: dict[str, Any]
    hold_s: float = 0.0
    """Keep every transaction open for a while, so that kills land inside."""
    path: str = ""
    deaf: bool = False
    """Never notice that records were fetched: a consumer that silently stopped."""
    mended: bool = False
    """A version that crashes at nothing."""

    def topic(self, name: str) -> str:
        return f"{self.prefix}.{name}"


def unseen(chunk: Chunk, state: State, changes: dict[bytes, bytes]) -> Iterator[tuple[bytes, bytes]]:
    """Turns of the chunk that the table does not know; adds them to `changes`."""
    for record in chunk.records:
        assert record.key is not None
        assert record.value is not None
        seen = changes.get(record.key, state.get(record.key, b""))
        turn_id = record.value[:ID_BYTES]
        if turn_id not in {seen[at : at + ID_BYTES] for at in range(0, len(seen), ID_BYTES)}:
            changes[record.key] = seen + turn_id
            yield record.key, record.value


class Dedup:
    """Forwards every turn once."""

    def __init__(self, told: Told) -> None:
        self.to = told.topic("mid")

    def process(self, chunk: Chunk, state: State) -> Effects:
        changes: dict[bytes, bytes] = {}
        outputs = [Output(self.to, key, value) for key, value in unseen(chunk, state, changes)]
        return Effects(outputs, changes)


class Count:
    """Numbers the turns of each conversation."""

    def __init__(self, told: Told) -> None:
        self.to = told.topic("final")

    def process(self, chunk: Chunk, state: State) -> Effects:
        outputs, changes = [], dict[bytes, bytes]()
        for record in chunk.records:
            assert record.key is not None
            assert record.value is not None
            changes[record.key] = b"%d" % (int(changes.get(record.key, state.get(record.key, b"0"))) + 1)
            outputs.append(Output(self.to, record.key, changes[record.key] + b" " + record.value))
        return Effects(outputs, changes)


class Journal:
    """Asynchronous: writes an answer per turn into its table first, then the outputs in two steps with positions."""

    def __init__(self, told: Told) -> None:
        self.to = told.topic("final")

    async def process(self, chunk: Chunk, state: State) -> AsyncIterator[Effects]:
        questions = [b"asked " + (record.value or b"") for record in chunk.records]
        yield Effects(changes={question: b"answer" for question in questions if question not in state})
        await asyncio.sleep(0.01)
        assert all(question in state for question in questions), "committed before the next is asked for"
        half = len(chunk.records) // 2
        first, rest = chunk.records[:half], chunk.records[half:]
        yield Effects([Output(self.to, r.key, r.value) for r in first], {}, rest[0].offset)
        yield Effects([Output(self.to, r.key, r.value) for r in rest], {}, chunk.after)


class Rekey:
    """Sends turns to the partition of the reversed key, with a header saying where from."""

    def __init__(self, told: Told) -> None:
        self.to = told.topic("final")

    def process(self, chunk: Chunk, state: State) -> Effects:
        return Effects(
            [
                Output(
                    self.to,
                    (record.key or b"")[::-1],
                    record.value,
                    (("from", b"%d" % record.partition),),
                    zlib.crc32((record.key or b"")[::-1]) % PARTITIONS,
                )
                for record in chunk.records
            ]
        )


class Clock:
    """Does nothing with records; counts its ticks in the table and tells them."""

    tick_every = 0.2

    def __init__(self, told: Told) -> None:
        self.to = told.topic("final")

    def process(self, chunk: Chunk, state: State) -> Effects:
        return Effects()

    def tick(self, now: int, state: State) -> Effects:
        assert abs(now / 1000 - time.time()) < 5
        number = int(state.get(b"ticks", b"0")) + 1
        if number > 3:
            return Effects()
        return Effects([Output(self.to, b"tick", b"%d" % number)], {b"ticks": b"%d" % number})


class Faulty:
    """Does what its name says when a turn's value begins so; forwards the others."""

    def __init__(self, told: Told) -> None:
        self.to, self.mended = told.topic("mid"), told.mended

    def process(self, chunk: Chunk, state: State) -> Effects:
        outputs = []
        for record in chunk.records:
            match record.value:
                case value if self.mended:
                    outputs.append(Output(self.to, record.key, value))
                case b"exit" | b"exit twice":
                    os._exit(77)
                case b"fault":
                    os.kill(os.getpid(), signal.SIGSEGV)
                case b"raise":
                    raise ValueError(record.key)
                case b"freeze":
                    time.sleep(600)
                case b"say":
                    log.warning("x" * (1 << 20))
                case b"wide":
                    outputs.append(Output(self.to, record.key, b"x" * (3 << 20)))
                case b"too wide":
                    outputs.append(Output(self.to, record.key, b"x" * (5 << 20)))
                case b"elsewhere":
                    outputs.append(Output("another-topic", record.key, b""))
                case b"reserved":
                    return Effects((), {b"\0mine": b""})
                case value:
                    outputs.append(Output(self.to, record.key, value))
        return Effects(outputs)


class Talking(Faulty):
    """Has something to say about a record that it gives up, but for those at which it crashes then too."""

    def process(self, chunk: Chunk, state: State) -> Effects:
        if any((record.value or b"").startswith(b"raise") for record in chunk.records):
            raise KeyError("what a person said")
        return super().process(chunk, state)

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        if record.value == b"raise twice":
            raise RecursionError
        if record.value == b"exit twice":
            os._exit(78)
        return Effects([Output(self.to, record.key, b"gave up after %d" % crashes.number)], {b"given up": b"1"})


class Stepwise:
    """Asynchronous: two transactions for each record, an error in the middle of a chunk, an answer that never comes."""

    def __init__(self, told: Told) -> None:
        self.to = told.topic("final")

    async def process(self, chunk: Chunk, state: State) -> AsyncIterator[Effects]:
        for record, following in zip(chunk.records, [*chunk.records[1:], None], strict=True):
            await asyncio.sleep(0)
            if record.value == b"raise":
                raise ValueError(record.key)
            if record.value == b"wait":
                log.warning("it waits")
                await asyncio.sleep(600)
            yield Effects(changes={record.key or b"": b"journaled"})
            position = chunk.after if following is None else following.offset
            yield Effects([Output(self.to, record.key, record.value)], position=position)


class Ticker(Faulty):
    """Raises at every tick."""

    tick_every = 0.1

    def tick(self, now: int, state: State) -> Effects:
        raise ValueError("what a person said")


class Silent:
    """Never answers."""

    async def process(self, chunk: Chunk, state: State) -> AsyncIterator[Effects]:
        await asyncio.sleep(600)
        yield Effects(position=chunk.after)


class ToFile:
    """Outside Kafka: appends what it read to a file per worker process, slowly enough to be interrupted."""

    def __init__(self, told: Told) -> None:
        self._file = (Path(told.path) / f"{os.getpid()}.log").open("ab", buffering=0)

    async def write(self, chunk: Chunk) -> None:
        await asyncio.sleep(3600 if any(record.value == b"wait" for record in chunk.records) else 0.02)
        if any(record.value == b"raise" for record in chunk.records):
            raise ValueError("what a person said")
        self._file.write(b"".join(b"%d %d\n" % (record.partition, record.offset) for record in chunk.records))


PROCESSORS: dict[str, Any] = {
    "dedup": Dedup,
    "count": Count,
    "journal": Journal,
    "rekey": Rekey,
    "clock": Clock,
    "faulty": Faulty,
    "fragile": Faulty,
    "talking": Talking,
    "twofold": Faulty,
    "stepwise": Stepwise,
    "ticker": Ticker,
    "silent": lambda told: Silent(),
}
WRITERS = ("writer", "writer-of-two")
READS: dict[str, tuple[str, ...]] = {"count": ("mid",)} | dict.fromkeys(
    ("both", "twofold", "writer-of-two"), ("turns", "again")
)
WRITES = {
    "dedup": ("mid",),
    "both": ("mid",),
    "faulty": ("mid",),
    "fragile": ("mid", "dead"),
    "talking": ("mid", "dead"),
    "twofold": ("mid", "dead"),
    "stepwise": ("final", "dead"),
    "ticker": ("mid",),
    "silent": (),
}


def spec_of(told: Told) -> StageSpec:
    sources = tuple(told.topic(name) for name in READS.get(told.stage, ("turns",)))
    about: dict[str, Any] = {"name": told.stage, "app_id": f"{told.prefix}-{told.stage}", "sources": sources}
    if told.stage in WRITERS:
        about["writer"] = lambda number: writer(told)
    else:
        about["build"] = lambda number, state: processor(told)
        about["changelog"] = told.topic(f"{told.stage}-table")
        about["outputs"] = tuple(told.topic(name) for name in WRITES.get(told.stage, ("final",)))
    if told.stage in WRITERS or "dead" in WRITES.get(told.stage, ()):
        about["bury"] = partial(bury, told)
    return StageSpec(**{**about, "partitions": PARTITIONS, **told.spec})


def bury(told: Told, record: SourceRecord, crashes: Crashes) -> Effects:
    about = b"%d %d %d %b" % (record.partition, record.offset, crashes.number, crashes.error.encode())
    return Effects([Output(told.topic("dead"), record.value, about)])


def processor(told: Told) -> Processor:
    made: Processor = PROCESSORS["dedup" if told.stage == "both" else told.stage](told)
    return made


def writer(told: Told) -> Writer:
    return ToFile(told)


def hold_transactions_open(seconds: float) -> None:
    commit = AIOKafkaProducer.commit_transaction

    async def commit_later(self: AIOKafkaProducer) -> None:
        await asyncio.sleep(seconds)
        await commit(self)

    AIOKafkaProducer.commit_transaction = commit_later


def go_deaf() -> None:
    async def nothing(self: Cursor, consumer: object, sources: object) -> None: ...

    Cursor._drain = nothing  # type: ignore[method-assign]


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(levelname)s %(message)s")
    logging.getLogger("streams.engine").setLevel(logging.INFO)
    told = Told(**json.loads(os.environ["STAGE"]))
    if told.hold_s:
        hold_transactions_open(told.hold_s)
    if told.deaf:
        go_deaf()
    run(spec_of(told), EngineSettings(**told.settings))
