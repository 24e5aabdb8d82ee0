"""How far a job is, what it cost, and how it ended."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import WindowExtracted
from schemas.job import JobChanged
from streams.codec import encode
from streams.resolve.counts import Tally
from streams.resolve.jobs import Cost, Progress, advance, cost_of, cover, divide, end, share_costs
from streams.resolve.window import MAX_SHOWN_BYTES
from tests.streams.resolve.examples import (
    Run,
    Stored,
    candidate,
    dry_run,
    extracted,
    failed,
    hash_of,
    jobs_in,
    lives_in,
    proof,
    share,
)

WEIGHTS = st.lists(st.integers(0, 10_000), min_size=1, max_size=8)


def last_job(*results: WindowExtracted, job: str = "job-1") -> JobChanged:
    run = Run()
    run.take(*results)
    return run.jobs[job]


@settings(deadline=None)
@given(st.integers(0, 10**9), WEIGHTS)
def test_parts_add_up_exactly_and_lie_within_one_of_their_weight(amount: int, weights: list[int]) -> None:
    parts = divide(amount, weights)
    assert sum(parts) == amount
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part - amount * weight / sum(weights)) < 1 + 1e-6


def test_what_is_left_over_goes_to_the_largest_remainders() -> None:
    assert divide(10, [1, 1, 1]) == [4, 3, 3]
    assert divide(5, [3, 3, 4]) == [2, 1, 2]


@settings(deadline=None)
@given(
    st.builds(Cost, *[st.integers(0, 10**7)] * 4),
    st.lists(st.tuples(st.integers(0, 900), st.integers(1, 9)), min_size=1, max_size=5),
)
def test_shares_of_all_jobs_are_the_cost_of_the_window(cost: Cost, sizes: list[tuple[int, int]]) -> None:
    jobs = [share(f"job-{number}", tokens=tokens, units=units) for number, (tokens, units) in enumerate(sizes)]
    shares = share_costs(cost, jobs)
    assert Cost(*(sum(column) for column in zip(*shares, strict=True))) == cost


def test_jobs_without_tokens_share_by_units() -> None:
    jobs = [share("a", tokens=0, units=3), share("b", tokens=0, units=1)]
    assert [part.cost_micros for part in share_costs(Cost(cost_micros=8), jobs)] == [6, 2]


def test_an_answer_from_the_journal_costs_nothing() -> None:
    spent = {"tokens_in": 9, "tokens_out": 8, "tokens_cached": 7, "cost_micros": 6}
    assert cost_of(extracted(1, **spent)) == Cost(9, 8, 7, 6)
    assert cost_of(extracted(1, **spent, journal_hit=True)) == Cost()


def test_a_window_covers_units_once_and_success_replaces_failure() -> None:
    part = share("a", units=3, total=5)
    assert cover(part, "extracted", None) == (3, 1, 0)
    assert cover(part, "failed", None) == (3, 0, 1)
    assert cover(part, "extracted", "failed") == (0, 1, -1)
    assert cover(part, "failed", "extracted") == cover(part, "extracted", "extracted") == (0, 0, 0)


def test_a_job_is_processing_until_all_its_units_are_covered() -> None:
    run = Run()
    states = []
    for number in range(3):
        events = run.take(extracted(number, lives_in("Oslo", proof(number)), jobs=(share("job-1", total=3),)))
        states += [(job.state, job.revision, job.windows_done) for job in jobs_in(events)]
    assert states == [("processing", 1, 1), ("processing", 2, 2), ("completed", 3, 3)]


def test_a_fact_that_is_only_confirmed_completes_a_job_too() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Oslo", proof(1))))
    run.take(extracted(2, lives_in("Oslo", proof(2)), jobs=(share("job-2"),)))
    assert (run.jobs["job-2"].state, run.jobs["job-2"].facts_reconfirmed) == ("completed", 1)
    assert run.jobs["job-2"].facts_created == 0


@pytest.mark.parametrize(("reason", "told"), [("low_signal", "low_signal"), (None, "nothing_found")])
def test_a_job_without_facts_is_empty_with_the_reason(reason: str | None, told: str) -> None:
    job = last_job(extracted(1, reason=reason))
    assert (job.state, job.reason) == ("completed_empty", told)


def test_windows_that_were_empty_for_different_reasons_agree_on_none() -> None:
    two = (share("job-1", total=2),)
    assert last_job(extracted(1, reason="low_signal", jobs=two), extracted(2, jobs=two)).reason == "nothing_found"
    assert last_job(extracted(1, jobs=two), extracted(2, reason="low_signal", jobs=two)).reason == "nothing_found"
    same = [extracted(number, reason="low_signal", jobs=two) for number in (1, 2)]
    assert last_job(*same).reason == "low_signal"


def test_a_job_that_lost_some_windows_is_partial_and_says_so() -> None:
    two = (share("job-1", total=2),)
    job = last_job(extracted(1, lives_in("Oslo", proof(1)), jobs=two), failed(2, "cut off", jobs=two))
    assert (job.state, job.reason, job.error) == ("completed_partial", "windows_failed", "cut off")
    assert (job.windows_done, job.windows_failed) == (1, 1)


def test_a_job_that_lost_facts_to_a_limit_is_partial_and_says_so() -> None:
    job = last_job(extracted(1, lives_in("Oslo", proof(1)), dropped={"over_limit": 4, "empty": 1}))
    assert (job.state, job.reason, job.dropped) == ("completed_partial", "over_limit", {"over_limit": 4, "empty": 1})


def test_a_job_can_be_partial_for_both_reasons() -> None:
    two = (share("job-1", total=2),)
    job = last_job(extracted(1, dropped={"over_limit": 1}, jobs=two), failed(2, jobs=two))
    assert (job.state, job.reason) == ("completed_partial", "windows_failed, over_limit")


def test_a_job_without_any_good_window_has_failed_with_its_first_and_last_error() -> None:
    two = (share("job-1", total=2),)
    job = last_job(failed(1, "timeout", jobs=two), failed(2, "refused", jobs=two))
    assert (job.state, job.error) == ("failed", "refused")
    assert (job.first_error, job.last_error, job.windows_failed) == ("timeout", "refused", 2)


def test_a_later_good_window_keeps_the_last_error() -> None:
    two = (share("job-1", total=2),)
    job = last_job(failed(1, "timeout", jobs=two), extracted(2, lives_in("Oslo", proof(1)), jobs=two))
    assert (job.state, job.first_error, job.last_error) == ("completed_partial", "timeout", "timeout")


def test_a_window_that_another_extraction_saves_ends_its_job_again() -> None:
    run = Run()
    run.take(failed(1))
    run.take(extracted(1, lives_in("Oslo", proof(1)), extraction_key=hash_of("another model")))
    job = run.jobs["job-1"]
    assert (job.state, job.revision, job.windows_done, job.windows_failed) == ("completed", 2, 1, 0)


def test_sums_run_over_all_windows_and_names_are_the_latest() -> None:
    two = (share("job-1", total=2),)
    spent = {"tokens_in": 9, "tokens_out": 8, "tokens_cached": 7, "cost_micros": 6, "attempts": 2, "jobs": two}
    job = last_job(
        extracted(1, dropped={"empty": 1}, **spent),
        extracted(2, dropped={"empty": 1, "secret": 2}, model="rules-2", **spent),
    )
    assert (job.tokens_in, job.tokens_out, job.tokens_cached, job.cost_micros, job.attempts) == (18, 16, 14, 12, 4)
    assert (job.dropped, job.model) == ({"empty": 2, "secret": 2}, "rules-2")


def test_jobs_of_a_window_get_their_own_shares_and_facts() -> None:
    jobs = (share("a", tokens=30, units=2, total=2), share("b", tokens=10))
    owners = {hash_of(1): "a", hash_of(2): "b", hash_of(3): "a"}
    mine, theirs = candidate("Ann sings.", proof(1), proof(3)), candidate("Ann rides.", proof(2))
    both = candidate("Ann reads.", proof(1), proof(2))
    run = Run()
    run.take(extracted(1, mine, theirs, both, jobs=jobs, unit_jobs=owners, cost_micros=7, tokens_in=4))
    assert (run.jobs["a"].facts_created, run.jobs["b"].facts_created) == (2, 2)
    assert (run.jobs["a"].cost_micros, run.jobs["b"].cost_micros) == (5, 2)
    assert (run.jobs["a"].tokens_in, run.jobs["b"].tokens_in) == (3, 1)
    named = {content: fact.job_ids for content, fact in run.facts.items()}
    assert named == {"Ann sings.": ("a",), "Ann rides.": ("b",), "Ann reads.": ("a", "b")}


def test_a_job_whose_turns_taught_nothing_in_a_shared_window_is_empty() -> None:
    run = Run()
    owners = {hash_of(1): "a", hash_of(2): "b"}
    run.take(extracted(1, candidate("Ann sings.", proof(1)), jobs=(share("a"), share("b")), unit_jobs=owners))
    assert (run.jobs["a"].state, run.jobs["b"].state) == ("completed", "completed_empty")


def test_without_owners_a_fact_counts_for_all_jobs_of_the_window() -> None:
    run = Run()
    run.take(extracted(1, candidate("Ann sings.", proof(1)), jobs=(share("a"), share("b"))))
    assert run.facts["Ann sings."].job_ids == ("a", "b")
    assert run.jobs["a"].facts_created == run.jobs["b"].facts_created == 1


def test_superseding_counts_for_the_job_that_said_the_new_value() -> None:
    run = Run()
    run.take(extracted(1, lives_in("Berlin", proof(1, 1))))
    jobs, owners = (share("b"), share("c")), {hash_of(2): "b", hash_of(3): "c"}
    run.take(
        extracted(2, lives_in("Oslo", proof(2, 2)), candidate("Ann sings.", proof(3)), jobs=jobs, unit_jobs=owners)
    )
    assert (run.jobs["b"].facts_superseded, run.jobs["c"].facts_superseded) == (1, 0)


def test_attempts_of_a_job_are_counted_apart() -> None:
    run = Run()
    again = share("job-1").model_copy(update={"attempt": 2})
    run.take(failed(1), extracted(2, lives_in("Oslo", proof(1)), jobs=(again,)))
    job = run.jobs["job-1"]
    assert (job.attempt, job.revision, job.state, job.windows_failed) == (2, 1, "completed", 0)


def test_the_time_of_a_job_event_is_when_the_result_came() -> None:
    assert last_job(extracted(1, closed_at=77)).at == Stored(0, None).timestamp


def test_a_dry_run_shows_its_candidates_once_it_ends() -> None:
    two = (share("job-1", total=2),)
    run = Run()
    first = run.take(dry_run(1, lives_in("Oslo", proof(1, quote="Oslo!")), jobs=two))
    last = run.take(dry_run(2, lives_in("Rome", proof(2)), jobs=two))
    assert [job.candidates for job in jobs_in(first)] == [()]
    shown = jobs_in(last)[0].candidates
    assert [row["content"] for row in shown] == ["Ann lives in Oslo.", "Ann lives in Rome."]
    assert shown[0]["evidence"] == [
        {"turn_id": hash_of(1), "quote": "Oslo!", "said_at": 0, "offset": 0, "index": 0},
    ]
    assert not any(value for key, value in run.state.items() if key[:1] == b"d")


def test_a_large_dry_run_shows_as_much_as_there_is_room_for_and_says_how_much_more_there_is() -> None:
    run = Run()
    long = [candidate(f"{n} " + "ä" * 9_000, proof(n, quote=f"{n} " + "ä" * 9_000)) for n in range(200)]
    jobs = (share("job-1", total=2),)
    for window in (1, 2):
        run.take(dry_run(window, *long[(window - 1) * 100 : window * 100], jobs=jobs))
    job = run.jobs["job-1"]
    assert len(encode(job)) < MAX_SHOWN_BYTES + 10_000
    assert [row["content"] for row in job.candidates] == [each.content for each in long[: len(job.candidates)]]
    assert len(job.candidates) > 50
    assert job.dropped == {"not_shown": 200 - len(job.candidates)}
    assert job.candidates[1]["evidence"] == [{"turn_id": hash_of(1), "said_at": 0, "offset": 0, "index": 0}]
    assert job.state == "completed"


def test_jobs_of_a_shared_dry_run_see_their_own_candidates() -> None:
    run = Run()
    owners = {hash_of(1): "a", hash_of(2): "b"}
    run.take(
        dry_run(
            1,
            candidate("Ann sings.", proof(1)),
            candidate("Ann rides.", proof(2)),
            jobs=(share("a"), share("b"), share("c")),
            unit_jobs=owners,
        )
    )
    contents = {name: [row["content"] for row in job.candidates] for name, job in run.jobs.items()}
    assert contents == {"a": ["Ann sings."], "b": ["Ann rides."], "c": []}
    assert run.jobs["c"].state == "completed_empty"


def test_progress_is_a_value() -> None:
    before = Progress()
    advance(before, extracted(1), cover(share("a"), "extracted", None), total=1, cost=Cost(1), tally=Tally(1))
    assert before == Progress()
    assert end(before._replace(total=1)).state == "processing"
