"""Send entries, at a given rate if wanted, and count what Kafka acknowledged."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from streams.errors import TransientError, TurnlogError
from streams.ports import Output
from streams.publish.entry import Entry

FAILURES_KEPT = 20
BREATHE_EVERY = 16
"""Entries after which others get the event loop, where reading is faster than sending."""


class Incomplete(TurnlogError):
    """Not everything that was to be published arrived where it should; the message says what is missing."""


class Failure(NamedTuple):
    """An entry that Kafka did not take. `line`: in its file."""

    line: int
    reason: str


class Sender(Protocol):
    """What `publish` sends with: a `Publisher`."""

    async def send(self, record: Output, on_result: Callable[[str | None], None]) -> None: ...

    async def flush(self) -> None: ...


@dataclass
class Published:
    """Counts of one run, true at every moment."""

    sent: int = 0
    acknowledged: int = 0
    failed: int = 0
    submissions: int = 0
    controls: int = 0
    turns: int = 0
    trouble: str | None = None
    """Why sending stopped before the end, if it did."""
    failures: list[Failure] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        return self.trouble is None and self.acknowledged == self.sent

    def settle(self, entry: Entry, reason: str | None) -> None:
        """Count the outcome of one entry; the first failures are kept with their lines."""
        if reason is not None:
            self.failed += 1
            if len(self.failures) < FAILURES_KEPT:
                self.failures.append(Failure(entry.line, reason))
            return
        self.acknowledged += 1
        self.turns += entry.turns
        if entry.kind == "control":
            self.controls += 1
        else:
            self.submissions += 1


async def publish(
    entries: Iterable[Entry], sender: Sender, topic: str, published: Published, *, rate: float | None = None
) -> None:
    """Send every entry in order and wait for the acknowledgements. `rate`: entries a second at most.

    Kafka's trouble ends up in `published`; InputError is raised as the entries raise it.
    """
    clock = asyncio.get_running_loop().time
    started = clock()
    try:
        for entry in entries:
            if rate is not None:
                await asyncio.sleep(started + published.sent / rate - clock())
            elif published.sent % BREATHE_EVERY == 0:
                await asyncio.sleep(0)
            published.sent += 1
            record = Output(topic, entry.key, entry.value, entry.headers)
            await sender.send(record, lambda reason, entry=entry: published.settle(entry, reason))  # type: ignore[misc]
        await sender.flush()
    except TransientError as error:
        published.trouble = str(error)
