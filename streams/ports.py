"""What a stage is to the engine: records in, effects out. Nothing here knows Faust, a broker or a clock."""

from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import NamedTuple, Protocol, runtime_checkable

from streams.counts import Counts

Headers = Sequence[tuple[str, bytes]]
State = Mapping[bytes, bytes]
"""A lane's table: committed values only, immutable bytes. Keys that start with a zero byte are the engine's own."""


class SourceRecord(Protocol):
    """One record as Kafka stored it (a `Record` is one, and aiokafka's `ConsumerRecord`)."""

    @property
    def topic(self) -> str: ...
    @property
    def partition(self) -> int: ...
    @property
    def offset(self) -> int: ...
    @property
    def timestamp(self) -> int:
        """Milliseconds since 1970: when it was sent or appended, as the topic says."""

    @property
    def key(self) -> bytes | None: ...
    @property
    def value(self) -> bytes | None: ...
    @property
    def headers(self) -> Headers: ...


class Record(NamedTuple):
    """A `SourceRecord` by its values."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: Headers = ()


class Chunk(NamedTuple):
    """Records of one source partition that are handled in one transaction, in offset order.

    `before` and `after` are consumer positions: they also pass transaction markers and compacted holes,
    so `after` may lie beyond the last record's offset + 1.
    """

    topic: str
    partition: int
    records: Sequence[SourceRecord]
    before: int
    after: int
    alone: bool = False
    """Every other lane of the process stands still meanwhile."""


class Output(NamedTuple):
    """A record to write. Without `partition` it goes to the partition number of the lane that writes it."""

    topic: str
    key: bytes | None
    value: bytes | None
    headers: Headers = ()
    partition: int | None = None


class Effects(NamedTuple):
    """What one transaction makes durable: outputs, table changes and, where given, the source position reached."""

    outputs: Iterable[Output] = ()
    changes: Mapping[bytes, bytes] = {}
    position: int | None = None
    counts: Counts = {}
    """For `/metrics`, once it is durable."""


class Processor(Protocol):
    """The part of a stage that one lane runs. Built anew (`build(partition, state)`) for every assignment.

    It may keep indexes derived from `state`, never a second truth. An exception ends the process unacknowledged.
    """

    def process(self, chunk: Chunk, state: State) -> Effects | AsyncIterator[Effects]:
        """Decide what follows from a chunk.

        A plain `Effects` is committed with `chunk.after` whatever its `position` says. An asynchronous iterator
        gives one transaction per item, in order; each is committed before the next is asked for, and the last
        must carry `position == chunk.after`.
        """


@runtime_checkable
class Ticking(Protocol):
    """A processor that also wants to be asked now and then, between chunks."""

    tick_every: float
    """Seconds between two calls."""

    def tick(self, now: int, state: State) -> Effects | AsyncIterator[Effects]:
        """Decide what follows from the time alone. `now`: epoch ms. Committed without a source position.

        As in `process`, an asynchronous iterator gives one transaction per item; no chunk is taken before its end.
        """


class Crashes(NamedTuple):
    """Why a record is given up."""

    number: int
    error: str = ""
    """The type of what the stage raised last; empty where its process died."""


Bury = Callable[[SourceRecord, Crashes], Effects]
"""Makes a dead letter of a record of any topic, without looking into it."""


@runtime_checkable
class GivingUp(Protocol):
    """A processor that can say more about a record that crashed it than that it is dead."""

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        """What is durable in place of what `process` would have made of it. May raise, or end the process: then it is
        only buried."""


class Writer(Protocol):
    """The part of a stage whose effects lie outside Kafka: it returns once the chunk's effects are durable.

    The engine commits the chunk's position afterwards, so a chunk may come again.
    """

    async def write(self, chunk: Chunk) -> Counts | None:
        """What it returns is told with the position."""
