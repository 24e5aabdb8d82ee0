"""However its work is cut and whenever its worker dies, ingest does the same: both topics, ticks between records."""

from collections.abc import Sequence
from typing import Any

import orjson
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.ids import Ids, scope_key
from streams.ingest.agents import build
from streams.ingest.seal import Seal
from streams.ports import Chunk, Effects, Output, Record
from streams.settings import Settings
from tests.streams.ingest.flow import NOON, turn

MINUTE = 60_000
SETTINGS = Settings(partitions=1)
IDS = Ids(SETTINGS.hash_key)
turns = st.builds(
    turn,
    text=st.sampled_from(["I live in Oslo.", "Hi", " ", "my password is hunter2"]),
    event_id=st.none() | st.sampled_from("abcdefgh"),
    timestamp=st.none() | st.integers(1, 3),
)
submissions = st.builds(
    lambda **fields: {name: value for name, value in fields.items() if value is not None},
    org_id=st.just("acme"),
    user_id=st.sampled_from(["ann", "bob"]),
    session_id=st.sampled_from(["s", "password: hunter22", None]),
    turns=st.lists(turns, min_size=1, max_size=20) | st.just([]),
    job_id=st.none() | st.sampled_from(["j", "k"]),
    options=st.none() | st.sampled_from([{"flush": True}, {"dry_run": True}, {"write_passive": False}]),
)
controls = st.sampled_from(["flush", "session_ended", "erase"]).map(
    lambda kind: {"type": kind, "org_id": "acme", "user_id": "ann", "session_id": "s"}
)
values = (submissions | controls).map(orjson.dumps) | st.sampled_from([b"{", b""]) | st.none()
Step = tuple[str, Any]
steps: st.SearchStrategy[Step] = st.one_of(
    st.tuples(st.sampled_from(["turns", "turns", "turns", "ingest-rekeyed"]), values),
    st.tuples(st.just("tick"), st.integers(1, 30)),
)
scripts = st.lists(steps, max_size=20)


def records_of(script: Sequence[Step]) -> list[Record | int]:
    """Records of both topics in their order, and the times of ticks between them."""
    made: list[Record | int] = []
    now, offsets = NOON, {"turns": 0, "ingest-rekeyed": 0}
    seal = Seal(IDS)
    for what, value in script:
        if what == "tick":
            now += value * MINUTE
            made.append(now)
            continue
        record = Record(what, 0, offsets[what], now, scope_key("acme", "ann"), value, (("trace-id", b"t"),))
        if what == "ingest-rekeyed":
            sent = record._replace(topic="turns", partition=0, offset=1_000 + record.offset)
            record = record._replace(value=seal.close(sent), headers=())
        offsets[what] += 1
        made.append(record)
    return made


def run(work: Sequence[Record | int], cuts: set[int], restarts: set[int]) -> tuple[list[Output], dict[bytes, bytes]]:
    """A new chunk at each cut, tick or change of topic; a new worker over what was committed at each restart."""
    state: dict[bytes, bytes] = {}
    make = build(SETTINGS)
    lane, at = make(0, state), 0
    outputs: list[Output] = []
    while at < len(work):
        if at in restarts:
            lane = make(0, dict(state))
        first, end = work[at], at + 1
        if isinstance(first, int):
            effects = lane.tick(first, state)
        else:
            while end < len(work) and end not in cuts | restarts and _joins(first, work[end]):
                end += 1
            chunk = [record for record in work[at:end] if isinstance(record, Record)]
            before = dict(state)
            effects = lane.process(Chunk(first.topic, 0, chunk, chunk[0].offset, chunk[-1].offset + 1), state)
            assert state == before, "what is not committed has not happened"
            again = make(0, state).process(Chunk(first.topic, 0, chunk, chunk[0].offset, chunk[-1].offset + 1), state)
            assert _facts(again) == _facts(effects)
        outputs += effects.outputs
        state.update(effects.changes)
        at = end
    return outputs, state


def _joins(first: Record, other: Record | int) -> bool:
    return isinstance(other, Record) and other.topic == first.topic


def _facts(effects: Effects) -> tuple[Any, ...]:
    return list(effects.outputs), effects.changes, effects.counts


@settings(max_examples=60, deadline=None)
@given(scripts, st.sets(st.integers(0, 20)), st.sets(st.integers(0, 20)))
def test_any_cuts_and_any_restarts_give_the_same_outputs_and_the_same_table(
    script: list[Step], cuts: set[int], restarts: set[int]
) -> None:
    work = records_of(script)
    assert run(work, cuts, restarts) == run(work, set(), set())
