"""Whatever happens to a lane in whatever order: each extraction has one result, and nobody overtakes."""

from collections import defaultdict
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.streams.extract.lane import Lane, Model, finals
from tests.streams.extract.windows import asking


class Act(NamedTuple):
    """Something that happens to a lane."""

    what: str
    windows: tuple[tuple[int, int, int], ...] = ()
    """Scope, generation and model of each that arrives."""
    crash_after: int | None = None
    seconds: int = 0


ACTS = st.lists(
    st.one_of(
        st.builds(
            Act,
            st.just("take"),
            st.lists(st.tuples(st.integers(0, 1), st.integers(1, 2), st.integers(0, 1)), min_size=1, max_size=6).map(
                tuple
            ),
            st.none() | st.integers(0, 3),
        ),
        st.builds(
            Act, st.just("tick"), crash_after=st.none() | st.integers(0, 3), seconds=st.sampled_from([0, 1, 7, 60, 900])
        ),
        st.builds(Act, st.sampled_from(["restart", "toggle 0", "toggle 1", "poor", "rich"])),
    ),
    max_size=16,
)


@settings(deadline=None, max_examples=150)
@given(ACTS, st.integers(1, 4))
async def test_any_interleaving_gives_each_extraction_one_result_in_order(acts: list[Act], calls: int) -> None:
    model = Model(price=10, estimate=12)
    lane = Lane(model, calls=calls)
    arrived: dict[tuple[str, int], list[str]] = defaultdict(list)
    number, crashed = 0, False
    for act in acts:
        crashed = crashed or act.crash_after is not None
        match act.what:
            case "take":
                work = []
                for scope, generation, which in act.windows:
                    number += 1
                    text = f"{'bad ' if number % 7 == 0 else ''}{number // 3}"  # some ask what another asked
                    made = asking(text, who=f"u{scope}", model=f"m{which}", generation=generation)
                    made = made.model_copy(update={"window_id": f"{number:032x}"})
                    arrived[made.user_id, generation].append(made.window_id)
                    work.append(made)
                await lane.take(*work, crash_after=act.crash_after)
            case "tick":
                await lane.tick(after_s=act.seconds, crash_after=act.crash_after)
            case "restart":
                lane.restart()
            case "poor" | "rich":
                lane.budget = 40 if act.what == "poor" else None
                lane.restart()
            case toggle:
                model.away ^= {f"m{toggle[-1]}"}
    model.away, lane.budget = set(), None
    lane.restart()
    for _ in range(200):
        if not lane.waiting():
            break
        await lane.tick(after_s=900)
    ended = defaultdict(list)
    for part in finals(lane.results):
        ended[part.user_id, part.generation].append(part.window_id)
    assert ended == arrived
    assert all(value == b"" for key, value in lane.state.items() if key[:1] in (b"h", b"w", b"v", b"d"))
    seen: set[str] = set()
    for part in lane.results:
        assert part.window_id not in seen, "nothing is said after the last word"
        seen |= {part.window_id} if part.outcome != "deferred" else set()
    if not crashed:
        paid = [part for part in finals(lane.results) if not part.journal_hit]
        assert sum(part.attempts for part in paid) == len(model.calls)
        assert all(value == b"" for key, value in lane.state.items() if key[:1] == b"s")
