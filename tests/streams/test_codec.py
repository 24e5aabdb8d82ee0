"""What is written as JSON takes the room that it needs."""

import tracemalloc

import orjson

from streams import codec

NUMBER, VALUE = 1_000, {"state": "processing", "units": [1, 2, 3]}


def test_bytes_that_are_kept_are_as_many_as_they_look() -> None:
    tracemalloc.start()
    try:
        kept = [codec.dumps(VALUE) for _ in range(NUMBER)]
        taken = sum(trace.size for trace in tracemalloc.take_snapshot().traces) / NUMBER
    finally:
        tracemalloc.stop()
    assert kept[0] == orjson.dumps(VALUE)
    assert taken < 2 * len(kept[0]) + 64, "with its header, and its place in the list"


def test_an_option_goes_along() -> None:
    assert codec.dumps({"b": 1, "a": 2}, orjson.OPT_SORT_KEYS) == b'{"a":2,"b":1}'
