"""Every event has a golden example per version, and old examples can be read for ever."""

from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.log import SessionEnded
from streams.codec import EVENTS, UnknownEvent, decode, decode_as, encode

EXAMPLES = Path(__file__).parents[2] / "schemas" / "examples"
TEXT = st.text(st.characters(exclude_categories=["Cs"]))


def test_every_event_has_an_example_of_its_version() -> None:
    wanted = {f"{name}.v{event.model_fields['version'].default}.json" for name, event in EVENTS.items()}
    assert wanted <= {path.name for path in EXAMPLES.iterdir()}


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_an_example_is_read_and_written_back_unchanged(path: Path) -> None:
    content = path.read_bytes()
    event = decode(content)
    assert type(event).__name__ == path.stem.split(".")[0]
    assert orjson.loads(encode(event)) == orjson.loads(content)


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.json")), ids=lambda path: path.stem)
def test_a_field_that_a_newer_version_added_is_ignored(path: Path) -> None:
    fields = orjson.loads(path.read_bytes())
    assert decode(orjson.dumps({**fields, "added_later": {"x": 1}})) == decode(path.read_bytes())


def test_an_event_cannot_be_changed() -> None:
    event = decode((EXAMPLES / "SessionEnded.v1.json").read_bytes())
    with pytest.raises(ValueError, match="frozen"):
        event.org_id = "other"  # type: ignore[misc]


@pytest.mark.parametrize("fields", [{"event": "NeverHeardOf", "version": 1}, {"event": "SessionEnded", "version": 99}])
def test_an_unknown_event_or_version_is_refused_by_name(fields: dict[str, object]) -> None:
    with pytest.raises(UnknownEvent, match=str(fields["event"])):
        decode(orjson.dumps(fields))


def test_another_event_than_expected_is_an_error() -> None:
    with pytest.raises(TypeError, match="expected SessionEnded, met FlushRequested"):
        decode_as(SessionEnded, (EXAMPLES / "FlushRequested.v1.json").read_bytes())


@given(TEXT, TEXT, TEXT)
def test_any_unicode_survives_the_round_trip(org_id: str, user_id: str, session_id: str) -> None:
    example = decode_as(SessionEnded, (EXAMPLES / "SessionEnded.v1.json").read_bytes())
    event = example.model_copy(update={"org_id": org_id, "user_id": user_id, "session_id": session_id})
    assert decode(encode(event)) == event
