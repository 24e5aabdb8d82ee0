"""Two things that differ never share an identifier: each is taken of all that tells them apart, unjoined."""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from streams.ids import Ids, encode, normalise

IDS = Ids("a key of ours")
SHORT = st.text("a/%:1 \0é", max_size=3)
BYTES = st.binary(min_size=1, max_size=3)
SMALL = st.integers(-1, 3)
NAME = st.none() | SHORT
PLACES = st.lists(st.tuples(SHORT, SMALL), max_size=3)
ENCODED = st.lists(SHORT, max_size=2).map(encode)
TRIED = st.none() | st.tuples(SHORT, SMALL)

MADE: tuple[tuple[Callable[..., str | bytes], st.SearchStrategy[tuple[Any, ...]]], ...] = (
    (IDS.scope, st.tuples(SHORT, SHORT)),
    (IDS.conversation, st.tuples(SHORT, SHORT, SHORT)),
    (IDS.turn_by_event, st.tuples(BYTES, SHORT)),
    (IDS.turn_by_time, st.tuples(BYTES, SHORT, NAME, SHORT.map(normalise), SMALL)),
    (IDS.turn_by_place, st.tuples(BYTES, BYTES, SMALL)),
    (IDS.turn_by_job, st.tuples(BYTES, SHORT)),
    (IDS.turn_by_coordinate, st.tuples(BYTES, SHORT, SMALL, SMALL)),
    (IDS.content, st.tuples(SHORT, NAME, SHORT.map(normalise))),
    (IDS.job, st.tuples(BYTES, st.lists(st.tuples(SHORT, BYTES), max_size=3), st.lists(SMALL, max_size=2))),
    (IDS.window, st.tuples(BYTES, PLACES, TRIED)),
    (IDS.attempt, st.tuples(SHORT, SMALL)),
    (IDS.extraction, st.tuples(BYTES, PLACES, ENCODED, ENCODED)),
    (IDS.fact, st.tuples(BYTES, SHORT, st.none() | st.tuples(SHORT, SHORT, SHORT), SHORT)),
    (IDS.slot, st.tuples(BYTES, SHORT, SHORT)),
    (IDS.entity, st.tuples(BYTES, SHORT, SHORT)),
)
things = st.sampled_from(range(len(MADE))).flatmap(lambda kind: st.tuples(st.just(kind), MADE[kind][1]))


def id_of(kind: int, parts: tuple[Any, ...]) -> bytes:
    made = MADE[kind][0](*parts)
    return made if isinstance(made, bytes) else bytes.fromhex(made)


def told_apart(kind: int, parts: tuple[Any, ...]) -> str:
    """What identifies it: of a fact with a slot the content does not count."""
    if MADE[kind][0] == IDS.fact and parts[2]:
        parts = (*parts[:3], None)
    return repr((kind, parts))


@settings(max_examples=120, deadline=None)
@given(st.lists(things, min_size=2, max_size=12))
def test_identifiers_are_the_same_only_for_the_same_thing(made: list[tuple[int, tuple[Any, ...]]]) -> None:
    assert len({id_of(*one) for one in made}) == len({told_apart(*one) for one in made})
