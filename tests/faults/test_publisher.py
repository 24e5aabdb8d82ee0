"""A publisher that was killed knows what has arrived, and says where it is mistaken."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast

import pytest

from streams.partitioning import partition_of
from tests.faults import publisher as publishing
from tests.faults.published import differences, partition, same_start
from tests.faults.publisher import Publisher, settled
from tests.faults.stack import PARTITIONS, Stack
from tests.faults.workload import Sent

KEYS = [next(key for n in range(1000) if partition_of(key := b"%d" % n, PARTITIONS) == at) for at in range(PARTITIONS)]


def sent(number: int, text: bytes) -> Sent:
    """To this partition."""
    return Sent(KEYS[number], text)


A1, A2, A3, B1, B2 = sent(0, b"a1"), sent(0, b"a2"), sent(0, b"a3"), sent(1, b"b1"), sent(1, b"b2")


def ends(*numbers: int) -> dict[int, int]:
    return {**dict.fromkeys(range(PARTITIONS), 0), **dict(enumerate(numbers))}


@pytest.fixture
def publisher(tmp_path: Path) -> Publisher:
    """Of five records, none of which was sent; without the services that it would start for."""
    return Publisher(cast(Stack, None), tmp_path, [A1, B1, A2, A3, B2])


@pytest.mark.parametrize(
    ("held", "left", "all_sent"),
    [
        ((), 5, [A1, B1, A2, A3, B2]),
        ((2, 0), 3, [A1, A2, B1, A3, B2]),
        ((1, 2), 2, [A1, B1, B2, A2, A3]),
        ((3, 2), 0, [A1, B1, A2, A3, B2]),
    ],
    ids=["nothing came", "of one partition", "of two", "everything"],
)
def test_what_arrived_are_the_first_records_of_each_partition(
    publisher: Publisher, held: tuple[int, ...], left: int, all_sent: list[Sent]
) -> None:
    publisher.take_stock(ends(*held))
    assert publisher.planned == left
    assert publisher.all_sent == all_sent
    publisher.take_stock(ends(*held))
    assert publisher.all_sent == all_sent, "the second time it knows the same"


def test_what_comes_again_is_counted_where_it_stands(publisher: Publisher) -> None:
    publisher.take_stock(ends(1, 1))
    publisher.send_again([A1])
    publisher.take_stock(ends(2, 1))
    assert publisher.all_sent == [A1, B1, A1, A2, A3, B2]
    assert publisher.left(ends(4, 1)) == 1


@pytest.mark.parametrize("held", [(4, 0), (0, 0, 1)], ids=["more than were sent there", "on a partition of none"])
def test_more_than_was_sent_is_foreign(publisher: Publisher, held: tuple[int, ...]) -> None:
    with pytest.raises(AssertionError, match="foreign"):
        publisher.take_stock(ends(*held))


def held(*sent: Sent) -> dict[int, list[tuple[bytes, bytes]]]:
    return {n: [(each.key, each.value) for each in sent if partition(each) == n] for n in range(PARTITIONS)}


def test_a_topic_that_holds_what_was_sent_is_as_it_should_be() -> None:
    assert differences(held(A1, A2, B1), [B1, A1, A2]) == []
    assert differences(held(), []) == []


@pytest.mark.parametrize(
    ("found", "where"),
    [
        (held(A1, A2), "partition 1 holds 0 records, 1 were counted as sent; the first 0"),
        (held(A1, B1), "partition 0 holds 1 records, 2 were counted as sent; the first 1"),
        (held(A1, A2, A2, B1), "partition 0 holds 3 records, 2 were counted as sent; the first 2"),
        (held(A2, A1, B1), "partition 0 holds 2 records, 2 were counted as sent; the first 0"),
        (held(A1, A3, B1), "partition 0 holds 2 records, 2 were counted as sent; the first 1"),
    ],
    ids=["none of a partition", "one lost", "one twice", "another order", "another record"],
)
def test_a_topic_that_does_not_is_told(found: Mapping[int, Sequence[tuple[bytes, bytes]]], where: str) -> None:
    (told,) = differences(found, [A1, B1, A2])
    assert told.startswith(where)


def test_a_batch_that_was_taken_for_another_is_told(publisher: Publisher) -> None:
    """It came after the ends had stood still: `a2` is sent again, and in front of it stands what nobody counted."""
    publisher.take_stock(ends(1))
    late = held(A1, A2, A2, A3, B1, B2)
    assert differences(late, publisher.all_sent)


def test_two_lists_part_where_they_differ_first() -> None:
    assert [same_start("abc", other) for other in ("abc", "ab", "axc", "", "abcd")] == [3, 2, 1, 0, 3]


def test_ends_are_settled_when_they_have_stood_still_for_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(publishing, "time", clock)
    looks: Iterator[Mapping[int, int] | None] = iter([None, *[{0: 1}] * 3, {0: 2}, None, {0: 2}, *[{0: 3}] * 9])
    when: dict[int, float] = {}

    def look() -> Mapping[int, int] | None:
        if ends := next(looks):
            when.setdefault(ends[0], clock.monotonic())
        return ends

    assert settled(look, 60) == {0: 3}
    assert publishing.SETTLED_S <= clock.monotonic() - when[3] < publishing.SETTLED_S + 2 * publishing.LOOK_EVERY_S


def test_ends_that_never_stand_still_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(publishing, "time", Clock())
    numbers = iter(range(1000))
    with pytest.raises(AssertionError, match="do not stand still"):
        settled(lambda: {0: next(numbers)}, 60)


class Clock:
    """Time passes only while somebody sleeps."""

    def __init__(self) -> None:
        self._now = 0.0

    def monotonic(self) -> float:
        return self._now

    def sleep(self, seconds: float) -> None:
        self._now += seconds
