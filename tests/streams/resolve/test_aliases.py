"""What else somebody is called: known once it was said, in one scope, and only while it means one."""

import pytest

from schemas.extraction import Candidate, Mention
from streams.resolve.aliases import alias_in
from tests.streams.resolve.examples import Run, candidate, extracted, proof


def sister(name: str, turn: int, *, whose: str = "Mia", predicate: str = "sister") -> Candidate:
    mention = Mention(name=name, type="person")
    statement = {"subject": whose, "predicate": predicate, "object": name, "type": "relationship"}
    return candidate(f"{whose}'s sister is called {name}.", proof(turn), entities=(mention,), **statement)


def about(subject: str, turn: int, *mentions: Mention) -> Candidate:
    statement = {"subject": subject, "predicate": "lives_in", "object": "Paris"}
    return candidate(f"{subject} lives in Paris.", proof(turn), entities=mentions, **statement)


def entities(run: Run, content: str) -> list[tuple[str, str, str | None]]:
    return [(entity.name, entity.type, entity.said_as) for entity in run.facts[content].entities]


@pytest.mark.parametrize("predicate", ["sister", "has_sister"])
@pytest.mark.parametrize("words", ["Mia's sister", "mia’s SISTER"])
def test_after_it_was_said_the_words_name_the_person(predicate: str, words: str) -> None:
    run = Run()
    run.take(extracted(1, sister("Eva", 1, predicate=predicate)))
    run.take(extracted(2, about(words, 2)))
    assert entities(run, f"{words} lives in Paris.") == [("Eva", "person", words)]
    introduced = run.facts["Mia's sister is called Eva."].entities[0]
    assert introduced.said_as == "Mia's sister"
    assert introduced.entity_id == run.facts[f"{words} lives in Paris."].entities[0].entity_id


def test_a_name_that_an_extractor_gives_to_the_words_is_the_person_too() -> None:
    run = Run()
    run.take(extracted(1, sister("Eva", 1)))
    run.take(extracted(2, about("Mia's sister", 2, Mention(name="Mia's sister", type="unknown"))))
    assert entities(run, "Mia's sister lives in Paris.") == [("Eva", "person", "Mia's sister")]


def test_before_it_was_said_the_words_name_nobody() -> None:
    run = Run()
    run.take(extracted(1, about("Mia's sister", 1)))
    assert entities(run, "Mia's sister lives in Paris.") == []


def test_with_two_sisters_the_words_name_neither() -> None:
    run = Run()
    run.take(extracted(1, sister("Eva", 1)))
    run.take(extracted(2, sister("Lea", 2)))
    run.take(extracted(3, sister("Eva", 3)))
    run.take(extracted(4, about("Mia's sister", 4)))
    assert entities(run, "Mia's sister lives in Paris.") == []


def test_another_persons_sister_and_another_scope_are_others() -> None:
    run = Run()
    run.take(extracted(1, sister("Eva", 1)))
    run.take(extracted(2, about("Ben's sister", 2)))
    assert entities(run, "Ben's sister lives in Paris.") == []
    run.take(extracted(3, about("Mia's sister", 3), user_id="bob"))
    assert entities(run, "Mia's sister lives in Paris.") == []


def test_only_words_for_relatives_become_a_name() -> None:
    assert alias_in(sister("Eva", 1, predicate="likes")) is None
    assert alias_in(candidate("Eva sings.", proof(1))) is None
