"""What a window full of statements costs: each is looked at once, and nobody else waits for it."""

import asyncio
import re
import time
from typing import Any, cast

import pytest
from hypothesis import given, settings

from streams.extract import rules
from streams.extract.request import Request, ShownTurn
from streams.extract.rules_english import ENGLISH
from streams.extract.rules_language import Language
from tests.streams.extract.test_rules import WILD
from tests.streams.extract.windows import SAID_AT

OSLO = "I live in Oslo. "
MANY = " ".join(f"I like a{number}. Ich mag b{number}." for number in range(250))


def asked(text: str, *hints: str) -> Request:
    return Request(turns=(ShownTurn("user", "Ann", text, SAID_AT),), hints=tuple((hint, None) for hint in hints))


def counted(monkeypatch: pytest.MonkeyPatch, name: str) -> list[tuple[Any, ...]]:
    """What a function of the rules is called with."""
    calls: list[tuple[Any, ...]] = []
    original = getattr(rules, name)

    def call(*arguments: Any) -> Any:
        calls.append(arguments)
        return original(*arguments)

    monkeypatch.setattr(rules, name, call)
    return calls


class Counted:
    """A pattern that counts how often it is looked for."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.pattern, self.searched = pattern, 0

    def search(self, text: str) -> re.Match[str] | None:
        self.searched += 1
        return self.pattern.search(text)


def test_equal_sentences_of_a_turn_are_looked_at_once_and_all_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    looked_at = counted(monkeypatch, "_found_in")
    found = list(rules.propose(asked(OSLO * 500)))
    assert len(found) == 500
    assert len(looked_at) == 2, "the first has no space before it"
    assert set(found) == set(rules.propose(asked(OSLO)))


def test_a_name_is_looked_for_once_in_equal_contents_and_by_pattern_only_where_it_may_stand(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_for, by_pattern = counted(monkeypatch, "_occurs"), counted(monkeypatch, "_as_words")
    names = [f"{'E' * 240}{number}" for number in range(254)]
    found = list(rules.propose(asked(OSLO * 500, *names, "lives", "live")))
    assert len(looked_for) == 256
    assert by_pattern == [("lives",), ("live",)]
    assert {tuple(mention.name for mention in one.entities) for one in found} == {("Ann", "Oslo", "lives")}


def test_what_makes_a_turn_borrowed_is_looked_for_once_in_each_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    borrowed = Counted(ENGLISH.borrowed)
    english = ENGLISH._replace(borrowed=cast(re.Pattern[str], borrowed))
    monkeypatch.setattr(rules, "LANGUAGES", (english,))
    found = list(rules.propose(asked(" ".join(f"I like a{number}." for number in range(300)))))
    assert len(found) == 300
    assert borrowed.searched == 299


def test_a_sentence_that_was_known_counts_for_nothing_once_it_is_borrowed_or_taken_back() -> None:
    assert len(list(rules.propose(asked(f"{OSLO}{OSLO}Translate this. {OSLO}")))) == 2
    assert len(list(rules.propose(asked(f"{OSLO}{OSLO}Just kidding. {OSLO}")))) == 2


def test_equal_sentences_are_quoted_as_each_is_written() -> None:
    found = rules.propose(asked("I'm a nurse. I\u2019m a nurse."))  # one and the same to the rules
    assert [one.evidence[0].quote for one in found] == ["I'm a nurse", "I\u2019m a nurse"]


async def test_the_event_loop_goes_on_while_a_large_window_is_read() -> None:
    """Read in the loop itself the longest gap is all of it, each time; another process at work only lengthens some."""
    assert min([await longest_gap() for _ in range(3)]) < 1 / 2


async def longest_gap() -> float:
    """For how much of the time that a large window takes the loop did nothing else."""
    gaps: list[float] = []

    async def tick() -> None:
        at = time.perf_counter()
        while True:
            await asyncio.sleep(0)
            gaps.append(time.perf_counter() - at)
            at += gaps[-1]

    ticking = asyncio.create_task(tick())
    await asyncio.sleep(0)
    started = time.perf_counter()
    reply = await rules.Rules().extract(Request(turns=asked(MANY).turns * 4))
    took = time.perf_counter() - started
    await asyncio.sleep(0)
    ticking.cancel()
    assert len(reply.proposals) == 2_000
    return max(gaps) / took


async def test_who_stops_waiting_for_a_large_window_is_let_go_at_once() -> None:
    reading = asyncio.create_task(rules.Rules().extract(asked(MANY)))
    await asyncio.sleep(0.001)
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading


async def test_a_small_window_is_read_where_it_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    async def refused(*arguments: object) -> None:
        raise AssertionError("a thread costs more than a small window")

    monkeypatch.setattr(asyncio, "to_thread", refused)
    assert len((await rules.Rules().extract(asked(OSLO))).proposals) == 1


def any_first_word(language: Language, text: str, words: set[str]) -> bool:
    return not words.isdisjoint(language.first)


@settings(max_examples=300, deadline=None)
@given(WILD)
def test_what_is_not_looked_at_holds_nothing(text: str) -> None:
    for written in (text, text.replace(" ", "_", 1), f"_{text}_"):
        found = list(rules.propose(asked(written)))
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rules, "_may_tell", any_first_word)
            assert list(rules.propose(asked(written))) == found
