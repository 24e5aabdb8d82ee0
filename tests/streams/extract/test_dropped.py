"""A generation that was given up: nothing is asked for it any more, and what waits for it is let go."""

from schemas.extraction import GenerationDropped
from streams.extract.dropped import LET_GO
from tests.streams.extract.lane import Lane, Model
from tests.streams.extract.windows import window

DROPPED = GenerationDropped(generation=2)


async def test_nothing_is_asked_for_the_windows_of_a_dropped_generation() -> None:
    model = Model()
    lane = Lane(model)
    first, second = window("I live in Rome.", generation=1), window("I live in Oslo.", generation=2)
    made = await lane.take(DROPPED, second, first, second)
    assert [result.generation for result in made] == [1]
    lane.restart()
    assert await lane.take(second) == []
    assert model.calls == ["I live in Rome."]


async def test_the_position_of_a_crash_leaves_out_nothing_behind_windows_that_are_passed_over() -> None:
    lane = Lane(Model())
    kept = [window(f"I live in house {n}.", generation=1, user_id=f"u{n}") for n in range(6)]
    gone = [window(f"I sit in room {n}.", generation=2, user_id=f"u{n}") for n in range(6)]
    mixed = [each for pair in zip(gone, kept, strict=True) for each in pair]
    await lane.take(DROPPED, *mixed, crash_after=2)
    assert sorted({result.window_id for result in lane.results}) == sorted(each.window_id for each in kept)


async def test_windows_that_wait_for_a_dropped_generation_leave_the_table() -> None:
    model = Model()
    lane = Lane(model)
    model.away.add("small")
    waiting = [window(f"I live in house {n}.", generation=2) for n in range(LET_GO + 1)]
    await lane.take(window("I live in Rome.", generation=1), *waiting)
    await lane.take(DROPPED)
    asked = len(model.calls)
    lane.restart()
    assert await lane.tick() == []
    assert lane.waiting() == 2, "so many at a time, whoever takes over"
    assert await lane.tick() == []
    assert (lane.waiting(), len(model.calls)) == (1, asked)
    model.away.clear()
    assert [result.outcome for result in await lane.tick(after_s=10_000)] == ["extracted"]
    assert lane.waiting() == 0
