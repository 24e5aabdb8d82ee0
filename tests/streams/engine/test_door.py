"""Lanes work beside each other; one that tries a suspect works while nobody else does."""

import asyncio

import pytest

from streams.engine.door import Door


class Watched:
    """Says who is inside, and who was there with whom."""

    def __init__(self, *, shut_s: float = 1.0) -> None:
        self.door, self.inside, self.seen = Door(shut_s=shut_s), set[str](), list[frozenset[str]]()

    async def work(self, name: str, *, alone: bool, steps: int = 3) -> None:
        async with self.door.alone() if alone else self.door.beside():
            self.inside.add(name)
            for _ in range(steps):
                self.seen.append(frozenset(self.inside))
                await asyncio.sleep(0)
            self.inside.remove(name)


async def test_nobody_works_beside_one_that_is_alone() -> None:
    watched = Watched()
    names = [(f"{'alone' if alone else 'beside'}{number}", alone) for number in range(9) for alone in (False, True)]
    await asyncio.gather(*(watched.work(name, alone=alone) for name, alone in names))
    assert all(len(seen) == 1 for seen in watched.seen if any(name.startswith("alone") for name in seen))
    assert {name for seen in watched.seen for name in seen} == {name for name, _ in names}


async def test_the_others_work_side_by_side() -> None:
    watched = Watched()
    await asyncio.gather(*(watched.work(str(number), alone=False) for number in range(5)))
    assert frozenset("01234") in watched.seen


@pytest.mark.parametrize("suspects", [1, 3])
async def test_while_one_inside_takes_long_the_others_go_on_and_who_waits_gets_in_at_last(suspects: int) -> None:
    watched = Watched(shut_s=0.02)
    slow = asyncio.Event()

    async def work_slowly() -> None:
        async with watched.door.beside():
            await slow.wait()

    async def work_on(name: str) -> None:
        while not waits.done():
            await watched.work(name, alone=False)
            quick.append(waits.done())

    quick: list[bool] = []
    slowly = asyncio.create_task(work_slowly())
    await asyncio.sleep(0)
    waiting = [asyncio.create_task(watched.work(f"waits{number}", alone=True)) for number in range(suspects)]
    waits = asyncio.gather(*waiting)
    await asyncio.sleep(0)
    others = [asyncio.create_task(work_on(name)) for name in ("one", "two", "three")]
    await asyncio.sleep(0.2)
    assert len(quick) > 6, "they are let in while it waits"
    assert not waits.done()
    slow.set()
    await asyncio.wait_for(asyncio.gather(slowly, waits, *others), 10)
    assert all(len(seen) == 1 for seen in watched.seen if any(name.startswith("waits") for name in seen))


async def test_who_goes_away_while_it_waits_lets_the_others_in() -> None:
    watched = Watched()
    busy = asyncio.create_task(watched.work("busy", alone=False, steps=20))
    await asyncio.sleep(0)
    waits = asyncio.create_task(watched.work("waits", alone=True))
    await asyncio.sleep(0)
    late = asyncio.create_task(watched.work("late", alone=False))
    await asyncio.sleep(0)
    assert "late" not in watched.inside, "it came after one that wants to be alone"
    waits.cancel()
    await asyncio.gather(busy, late)
    assert frozenset({"busy", "late"}) in watched.seen
