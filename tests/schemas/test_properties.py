"""Every event comes back from its bytes as it was, whatever its fields hold."""

from typing import Any, Literal, Union, get_args, get_origin

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, JsonValue

from schemas.event import Event
from streams.codec import EVENTS, decode, encode

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
WHOLE = st.integers(-(2**63), 2**63 - 1)
REAL = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | WHOLE | REAL | TEXT,
    lambda part: st.lists(part, max_size=2) | st.dictionaries(TEXT, part, max_size=2),
    max_leaves=4,
)
PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: TEXT, int: WHOLE, float: REAL, bool: st.booleans(), type(None): st.none(), JsonValue: JSON,
}  # fmt: skip


def values_of(kind: Any) -> st.SearchStrategy[Any]:
    """Any value of a field of this type."""
    if kind in PLAIN:
        return PLAIN[kind]
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return models_of(kind)
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Literal:
        return st.sampled_from(parts)
    if origin is tuple and parts[1:] == (...,):
        return st.lists(values_of(parts[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(values_of(parts[0]), values_of(parts[1]), max_size=2)
    if origin is Union or type(kind).__name__ == "UnionType":
        return st.one_of(*map(values_of, parts))
    if hasattr(kind, "__metadata__"):
        return values_of(kind.__origin__)
    raise TypeError(f"no values are drawn for {kind}")


def models_of(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    fields = {name: values_of(field.annotation) for name, field in model.model_fields.items() if name != "version"}
    required = {name: fields.pop(name) for name, field in model.model_fields.items() if field.is_required()}
    return st.fixed_dictionaries(required, optional=fields).map(lambda sent: model(**sent))


@pytest.mark.parametrize("kind", EVENTS.values(), ids=list(EVENTS))
def test_any_event_comes_back_and_is_written_the_same_again(kind: type[Event]) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(models_of(kind))
    def comes_back(event: Event) -> None:
        written = encode(event)
        assert decode(written) == event
        assert encode(decode(written)) == written
        assert orjson.loads(written)["event"] == kind.__name__

    comes_back()
