"""What a table keeps takes the room that it needs."""

import tracemalloc

import orjson

from streams.engine.stage_lane import COPIED

NUMBER, VALUE = 1_000, {"state": "processing", "units": [1, 2, 3]}


def test_a_value_that_is_kept_is_as_large_as_it_looks() -> None:
    tracemalloc.start()
    try:
        kept = [COPIED(orjson.dumps(VALUE)) for _ in range(NUMBER)]
        taken = sum(trace.size for trace in tracemalloc.take_snapshot().traces) / NUMBER
    finally:
        tracemalloc.stop()
    assert kept[0] == orjson.dumps(VALUE)
    assert taken < 2 * len(kept[0]) + 64, "with its header, and its place in the list"
