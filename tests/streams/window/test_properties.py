"""However often its worker dies, window cuts the same: a new one over what was committed goes on as the old would."""

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.ports import Chunk, Output
from streams.window.agents import build
from tests.streams.window import log as written
from tests.streams.window.test_agents import LIMITS, Step, scripts, write


@settings(max_examples=60, deadline=None)
@given(scripts, st.sets(st.integers(0, 30)))
def test_a_new_worker_at_any_place_gives_the_same_outputs_and_state(script: list[Step], restarts: set[int]) -> None:
    records = write(script)
    config = written.settings(**LIMITS)
    results = []
    for edges in (sorted({0, len(records)}), sorted({0, len(records), *(at for at in restarts if at < len(records))})):
        state: dict[bytes, bytes] = {}
        outputs: list[Output] = []
        for begin, end in pairwise(edges):
            effects = build(config)(0, dict(state)).process(
                Chunk("conversations", 0, records[begin:end], begin, end), state
            )
            outputs += effects.outputs
            state |= effects.changes
        results.append((outputs, state))
    assert results[0] == results[1]
