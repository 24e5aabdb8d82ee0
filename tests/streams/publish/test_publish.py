"""Counting what was acknowledged, without a broker: the sender is told what to say."""

import asyncio
from collections.abc import Callable

from streams.errors import TransientError
from streams.ports import Output
from streams.publish.entry import Entry
from streams.publish.publish import Failure, Published, publish


class SlowSender:
    """Acknowledges at flush, except the values it is told to refuse; may be away from one record on."""

    def __init__(self, refuse: frozenset[bytes] = frozenset(), away_after: int | None = None) -> None:
        self.refuse, self.away_after = refuse, away_after
        self.records: list[Output] = []
        self.times: list[float] = []
        self._waiting: list[Callable[[], None]] = []

    async def send(self, record: Output, on_result: Callable[[str | None], None]) -> None:
        if self.away_after is not None and len(self.records) >= self.away_after:
            raise TransientError("away")
        self.records.append(record)
        self.times.append(asyncio.get_running_loop().time())
        reason = "refused" if record.value in self.refuse else None
        self._waiting.append(lambda: on_result(reason))

    async def flush(self) -> None:
        for settle in self._waiting:
            settle()


def entries(number: int) -> list[Entry]:
    return [Entry(line, b"k", str(line).encode(), turns=2) for line in range(1, number + 1)]


async def run(sender: SlowSender, number: int, rate: float | None = None) -> Published:
    published = Published()
    await publish(entries(number), sender, "turns", published, rate=rate)
    return published


async def test_everything_acknowledged_is_complete_and_in_order() -> None:
    sender = SlowSender()
    published = await run(sender, 40)
    assert published.complete
    assert (published.acknowledged, published.submissions, published.turns) == (40, 40, 80)
    assert [record.value for record in sender.records] == [str(n).encode() for n in range(1, 41)]


async def test_a_refused_record_is_told_with_its_line() -> None:
    published = await run(SlowSender(refuse=frozenset({b"3"})), 5)
    assert not published.complete
    assert (published.acknowledged, published.failed) == (4, 1)
    assert published.failures == [Failure(3, "refused")]


async def test_only_the_first_failures_are_kept() -> None:
    published = await run(SlowSender(refuse=frozenset(str(n).encode() for n in range(100))), 100)
    assert (published.failed, len(published.failures)) == (99, 20)


async def test_a_broker_that_stays_away_is_told_and_not_raised() -> None:
    published = await run(SlowSender(away_after=3), 5)
    assert not published.complete
    assert published.trouble == "away"


async def test_control_records_are_counted_apart() -> None:
    published = Published()
    ending = Entry(1, b"k", b"{}", kind="control")
    await publish([ending, *entries(1)], SlowSender(), "turns", published)
    assert (published.controls, published.submissions, published.turns) == (1, 1, 2)


async def test_a_rate_spreads_the_records() -> None:
    sender = SlowSender()
    await run(sender, 6, rate=100.0)
    assert sender.times[-1] - sender.times[0] >= 0.049
