"""Turns word for word, and what the publisher knew."""

from schemas.log import Observation
from streams.extract.title import title_of
from streams.extract.verbatim import observed, word_for_word
from tests.streams.extract.windows import unit, window

LONG = "The spare key hangs behind the door. " * 400


def test_each_turn_is_one_fact_with_its_whole_text() -> None:
    found = word_for_word(window(unit(LONG, name="Li"), unit("Second.", index=1, role="document"))).candidates
    assert [candidate.content for candidate in found] == [LONG, "Second."]
    assert [candidate.evidence[0].quote for candidate in found] == [LONG, "Second."]
    assert {(candidate.type, candidate.provenance) for candidate in found} == {("fact", "explicit_statement")}
    assert [candidate.about for candidate in found] == ["Li", "document"]


def test_system_and_tool_text_and_blanks_are_never_facts() -> None:
    kept = word_for_word(window(unit("x", role="system"), unit("y", role="tool", index=1), unit(" ", index=2)))
    assert kept.candidates == ()


def test_observations_become_imported_candidates() -> None:
    observations = (
        Observation(content="Prefers mornings.", type="preference", confidence=0.9, occurred_at=5),
        Observation(content="Signed.", type="milestone"),
        Observation(content=" "),
    )
    found = observed(window(unit("Hello", observations=observations)))
    first, second = found.candidates
    assert (first.type, first.provenance, first.confidence, first.occurred_start) == ("preference", "imported", 0.9, 5)
    assert (second.type, second.confidence, second.evidence[0].turn_id) == ("fact", 1.0, "turn-0")
    assert second.evidence[0].quote is None
    assert found.dropped == {"unknown_type": 1, "empty": 1}


def test_a_turn_in_pieces_gives_its_observations_once() -> None:
    observations = (Observation(content="Signed."),)
    assert len(observed(window(unit("a", observations=observations))).candidates) == 1
    assert observed(window(unit("b", observations=observations, piece=1))).candidates == ()


def test_a_title_is_shortened_at_a_word() -> None:
    title = title_of(LONG)
    assert len(title) <= 100
    assert title.endswith("…")
    assert LONG.startswith(title[:-1].rstrip())
    assert title_of("Short.\nTwo") == "Short. Two"
    assert len(title_of("x" * 500)) == 100
