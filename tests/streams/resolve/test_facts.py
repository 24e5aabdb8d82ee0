"""Which statements are the same fact, and what a fact keeps of each."""

import unicodedata
from itertools import pairwise
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import Candidate, Provenance
from streams.resolve.facts import (
    MAX_EVIDENCE,
    MAX_JOBS,
    MAX_JOBS_LENGTH,
    MAX_QUOTE,
    PROVENANCES,
    Fact,
    Said,
    confirm,
    first_stated,
    identify,
    memory,
    normalise,
    said,
    stated_again,
)
from tests.streams.resolve.examples import IDS, candidate, hash_of, lives_in, proof, year

SCOPE = memory(IDS, IDS.scope("acme", "ann"), "user")
DAY = 86_400_000


def fact_of(stated: Candidate) -> bytes:
    return identify(IDS, SCOPE, stated).fact


@pytest.mark.parametrize(
    "text", ["ann likes  fish", "ANN LIKES FISH.", " Ann likes\nfish! ", "Ann likes fish...", "Ann likes fish。"]
)
def test_case_space_and_sentence_ends_do_not_matter(text: str) -> None:
    assert normalise(text) == normalise("Ann likes fish")


def test_two_ways_to_write_a_letter_are_one() -> None:
    assert normalise("Zoe\u0308") == normalise("Zoë")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Ann has 2 cats", "Ann has 3 cats"),
        ("Ann owes 1.5", "Ann owes 15"),
        ("Ann owes 1,500", "Ann owes 1.500"),
        ("It is -5 outside", "It is 5 outside"),
        ("It grew by 5%", "It grew by 5"),
        ("x = 5²", "x = 52"),
        ("Born on 2020-01-02", "Born on 2020-02-01"),
        ("Ann likes fish", "Ann does not like fish"),
        ("Ann can swim", "Ann can't swim"),
        ("Ann can swim", "Ann can swim?"),
        ("...", "!!!"),
    ],
)
def test_numbers_dates_and_negations_never_become_equal(one: str, other: str) -> None:
    assert normalise(one) != normalise(other)
    assert fact_of(candidate(one, proof(1))) != fact_of(candidate(other, proof(1)))


@settings(deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False), st.decimals(allow_nan=False, allow_infinity=False))
def test_texts_that_differ_in_a_number_are_different_facts(one: object, other: object) -> None:
    if str(one) != str(other):
        assert normalise(f"Ann owes {one}") != normalise(f"Ann owes {other}")
        assert normalise(f"Ann owes {one} euros.") != normalise(f"Ann owes {other} euros.")


@settings(deadline=None)
@given(st.text())
def test_normalising_keeps_every_letter_and_digit_and_changes_nothing_twice(text: str) -> None:
    plain = normalise(text)
    assert normalise(plain) == plain
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    assert [sign for sign in plain if sign.isalnum()] == [sign for sign in folded if sign.isalnum()]


def test_a_slot_is_subject_and_predicate_and_its_object_tells_facts_apart() -> None:
    berlin, oslo = (identify(IDS, SCOPE, lives_in(city, proof(1))) for city in ("Berlin", "Oslo"))
    assert berlin.slot == oslo.slot is not None
    assert berlin.fact != oslo.fact


def test_in_a_slot_the_wording_does_not_matter() -> None:
    other = lives_in("berlin.", proof(2)).model_copy(update={"content": "Ann has her home in Berlin"})
    assert identify(IDS, SCOPE, other) == identify(IDS, SCOPE, lives_in("Berlin", proof(1)))


def test_fact_and_slot_are_the_identifiers_everybody_can_compute() -> None:
    slotted, plain = lives_in("Berlin", proof(1)), candidate("Ann likes fish.", proof(1))
    scope = IDS.scope("acme", "ann")
    assert fact_of(slotted).hex() == IDS.fact(scope, "fact", ("ann", "lives_in", "berlin"), "")
    assert fact_of(plain).hex() == IDS.fact(scope, "fact", None, "ann likes fish")
    assert identify(IDS, SCOPE, slotted).slot == IDS.slot(scope, "ann", "lives_in")


@pytest.mark.parametrize(
    "fields",
    [
        {"subject": "Ann", "predicate": "likes", "object": "fish"},
        {"subject": None, "predicate": "lives_in", "object": "Oslo"},
        {"subject": "Ann", "predicate": "lives_in", "object": None},
    ],
    ids=["many values", "no subject", "no object"],
)
def test_without_a_single_valued_predicate_or_its_ends_there_is_no_slot(fields: dict[str, object]) -> None:
    stated = candidate("Ann likes fish.", proof(1), **fields)
    assert identify(IDS, SCOPE, stated).slot is None
    assert fact_of(stated) == fact_of(candidate("Ann likes fish.", proof(1)))


def test_the_same_event_on_another_day_is_another_event() -> None:
    runs = [
        fact_of(candidate("Ann ran.", proof(1), type="event", occurred_start=start))
        for start in (None, year(2020), year(2020) + 1, year(2020) + DAY)
    ]
    assert len(set(runs)) == 3
    assert runs[1] == runs[2]


def test_only_events_are_told_apart_by_their_day() -> None:
    starts = (None, year(2020), year(2021))
    assert len({fact_of(candidate("Ann moved.", proof(1), occurred_start=start)) for start in starts}) == 1


def test_type_tells_facts_apart() -> None:
    assert fact_of(candidate("Fish.", proof(1), type="goal")) != fact_of(candidate("Fish.", proof(1)))


@pytest.mark.parametrize("visibility", ["knowledge", "hive"])
def test_what_others_may_read_never_meets_what_only_the_user_may(visibility: str) -> None:
    shared = memory(IDS, IDS.scope("acme", "ann"), visibility)  # type: ignore[arg-type]
    assert identify(IDS, shared, lives_in("Oslo")).fact != fact_of(lives_in("Oslo"))
    assert identify(IDS, shared, lives_in("Oslo")).slot != identify(IDS, SCOPE, lives_in("Oslo")).slot


def test_scopes_share_no_fact() -> None:
    facts = {
        identify(IDS, memory(IDS, IDS.scope(org, user), "user"), lives_in("Oslo")).fact
        for org, user in (("a", "b"), ("b", "a"), ("ab", ""))
    }
    assert len(facts) == 3


def test_a_turn_named_twice_is_one_turn() -> None:
    turns = said(candidate("x", proof(1, quote="first"), proof(1, quote="second"), proof(2)))
    assert [(turn.turn_id, turn.quote) for turn in turns] == [(hash_of(1), "first"), (hash_of(2), None)]


def test_the_surest_strongest_and_latest_of_statements_stand() -> None:
    sure = candidate("x", proof(1, 50), confidence=0.9, confidence_basis="said so", provenance="inferred")
    strong = candidate("x", proof(2, 20), confidence=0.5, provenance="corrected", expires_at=99, occurred_start=7)
    for one, other in ((sure, strong), (strong, sure)):
        fact = stated_again(first_stated(one), other)
        assert (fact.confidence, fact.confidence_basis, fact.provenance) == (0.9, "said so", "corrected")
        assert (fact.mentioned_at, fact.since) == (50, 7)
        assert (fact.occurred_start, fact.expires_at) == (7, 99)


@pytest.mark.parametrize(("weaker", "stronger"), list(pairwise(PROVENANCES)))
def test_the_stronger_provenance_stands(weaker: str, stronger: str) -> None:
    one, other = candidate("x", proof(1), provenance=weaker), candidate("x", proof(2), provenance=stronger)
    assert stated_again(first_stated(one), other).provenance == stronger
    assert stated_again(first_stated(other), one).provenance == stronger


def test_every_provenance_has_its_strength() -> None:
    assert set(PROVENANCES) == set(get_args(Provenance))


def test_stating_a_fact_again_in_the_same_words_changes_nothing() -> None:
    stated = candidate("x", proof(1, 50), occurred_start=5, occurred_end=9, expires_at=80)
    assert stated_again(first_stated(stated), stated) == first_stated(stated)


def turn(said_at: int, offset: int = 0, quote: str | None = None) -> Said:
    return Said(said_at, offset, 0, hash_of((said_at, offset)), quote)


NOTHING_YET: Fact = first_stated(candidate("x", proof(1)))


@settings(deadline=None)
@given(st.sets(st.integers(0, 1_000), max_size=60), st.randoms(use_true_random=False))
def test_confirmations_are_a_set_whose_earliest_turns_are_the_evidence(times: set[int], random: object) -> None:
    shuffled = sorted(times)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    fact, beyond = NOTHING_YET, set[str]()
    for time in shuffled:
        fact, left = confirm(fact, [turn(time)], ["job"])
        beyond |= {one.turn_id for one in left}
    earliest = sorted(times)
    assert fact.confirmations == len(times)
    assert [one.said_at for one in fact.evidence] == earliest[:MAX_EVIDENCE]
    assert beyond == {turn(time).turn_id for time in earliest[MAX_EVIDENCE:]}


def test_turns_of_one_time_are_evidence_in_the_order_of_the_log() -> None:
    fact, _ = confirm(NOTHING_YET, [turn(5, offset=9), turn(5, offset=2)], [])
    assert [one.offset for one in fact.evidence] == [2, 9]


def test_of_a_long_quote_the_beginning_is_kept() -> None:
    assert said(candidate("x", proof(1, quote="q" * 5_000)))[0].quote == "q" * MAX_QUOTE


def test_a_fact_names_its_newest_jobs_each_once() -> None:
    fact = NOTHING_YET
    for number in range(MAX_JOBS + 20):
        fact, _ = confirm(fact, [turn(number)], [f"job-{number}", "job-0" if number < 3 else f"job-{number}"])
    assert fact.job_ids == tuple(f"job-{number}" for number in range(20, MAX_JOBS + 20))


def test_long_job_ids_are_fewer() -> None:
    fact = NOTHING_YET
    for number in range(MAX_JOBS):
        fact, _ = confirm(fact, [turn(number)], [f"{number:0256}"])
    assert [int(job_id) for job_id in fact.job_ids] == list(range(MAX_JOBS - MAX_JOBS_LENGTH // 256, MAX_JOBS))
