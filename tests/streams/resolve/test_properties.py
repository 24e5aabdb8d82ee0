"""However often its worker dies, and whatever it was asked in vain, resolve says the same."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import WindowExtracted
from streams.codec import encode
from streams.ports import Chunk, Effects, Output
from streams.resolve.agents import build
from tests.streams.resolve.examples import SETTINGS, Stored
from tests.streams.resolve.test_agents import WINDOWS


def taken(results: list[WindowExtracted], edges: list[int]) -> tuple[list[Output], dict[bytes, bytes]]:
    """A new worker at each edge; every chunk is processed twice, as after a crash, and committed once."""
    state: dict[bytes, bytes] = {}
    outputs: list[Output] = []
    for begin, end in pairwise(edges):
        records = [Stored(at, encode(results[at])) for at in range(begin, end)]
        chunk, before = Chunk("results", 3, records, begin, end), dict(state)
        first, again = (build(SETTINGS)(3, state).process(chunk, state) for _ in range(2))
        assert isinstance(first, Effects)
        assert isinstance(again, Effects)
        said = list(first.outputs)
        assert (list(again.outputs), again.changes) == (said, first.changes)
        assert state == before, "what is not committed has not happened"
        outputs += said
        state |= first.changes
    return outputs, state


@settings(max_examples=40, deadline=None)
@given(WINDOWS, st.sets(st.integers(1, 7)))
def test_a_new_worker_at_any_place_gives_the_same_outputs_and_state(
    windows: list[WindowExtracted], restarts: set[int]
) -> None:
    edges = sorted({0, len(windows), *(at for at in restarts if at < len(windows))})
    assert taken(windows, edges) == taken(windows, [0, len(windows)])
