"""Windows that wait: their jobs say so, once for each reason, and go on as if they had never waited."""

from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.extraction import WindowExtracted
from schemas.job import JobChanged
from streams.codec import encode
from tests.streams.resolve.examples import Run, extracted, failed, jobs_in, lives_in, proof, resolved_in, run_all, share

TWO = (share("job-1", total=2),)
BUDGET = {"reason": "budget", "required": 50, "available": 20, "shortfall": 30}


def deferred(window: object, **fields: object) -> WindowExtracted:
    plain: dict[str, object] = {"outcome": "deferred", "reason": "unavailable", "error": "overloaded", "attempts": 0}
    return extracted(window, **(plain | fields))


def standing(job: JobChanged) -> tuple[str, int, str | None]:
    return job.state, job.revision, job.reason


def test_a_job_whose_window_waits_is_deferred_until_the_result_comes() -> None:
    run = Run()
    [waits] = jobs_in(run.take(deferred(1, error=None, **BUDGET)))
    assert standing(waits) == ("deferred", 1, "budget")
    assert (waits.required, waits.available, waits.shortfall) == (50, 20, 30)
    [ended] = jobs_in(run.take(extracted(1, lives_in("Oslo", proof(1)))))
    assert standing(ended) == ("completed", 2, None)
    assert (ended.required, ended.available, ended.shortfall, ended.windows_done) == (None, None, None, 1)


def test_a_deferral_is_no_result_and_no_dead_letter() -> None:
    run = Run()
    events = run.take(deferred(1))
    assert (len(events), len(run.outputs), resolved_in(events)) == (1, 1, [])
    [ended] = jobs_in(run.take(extracted(1, reason="low_signal")))
    assert standing(ended) == ("completed_empty", 2, "low_signal")


def test_the_same_deferral_again_says_nothing_and_another_reason_is_a_later_revision() -> None:
    run = Run()
    run.take(deferred(1))
    assert run.take(deferred(1)) == []
    [job] = jobs_in(run.take(deferred(1, error=None, **BUDGET)))
    assert (standing(job), job.error) == (("deferred", 2, "budget"), None)


def test_a_deferral_that_comes_after_the_result_says_nothing() -> None:
    run = Run()
    run.take(deferred(1), extracted(1, lives_in("Oslo", proof(1))))
    before = dict(run.state)
    assert run.take(deferred(1), deferred(1, **BUDGET)) == []
    assert run.state == before


def test_a_job_with_two_windows_waits_as_long_as_one_of_them_does() -> None:
    run = Run()
    said = [
        standing(job)
        for result in (
            deferred(1, jobs=TWO),
            deferred(2, reason="in_line", error=None, jobs=TWO),
            extracted(1, lives_in("Oslo", proof(1)), jobs=TWO),
            extracted(2, jobs=TWO),
        )
        for job in jobs_in(run.take(result))
    ]
    assert said == [
        ("deferred", 1, "unavailable"),
        ("deferred", 2, "unavailable"),
        ("deferred", 3, "in_line"),
        ("completed", 4, None),
    ]


def test_a_job_goes_on_when_its_only_deferred_window_is_done_and_another_is_open() -> None:
    run = Run()
    run.take(deferred(1, jobs=TWO))
    [job] = jobs_in(run.take(extracted(1, jobs=TWO)))
    assert standing(job) == ("processing", 2, None)


def test_a_window_that_waited_and_failed_is_a_failure() -> None:
    run = Run()
    run.take(deferred(1), failed(1, "refused"))
    assert (run.jobs["job-1"].state, run.jobs["job-1"].error) == ("failed", "refused")
    assert [output.topic for output in run.outputs].count("dead-letters") == 1


def test_all_jobs_of_a_shared_window_wait_and_go_on() -> None:
    run = Run()
    jobs = (share("a"), share("b", total=2))
    assert [standing(job) for job in jobs_in(run.take(deferred(1, jobs=jobs)))] == [("deferred", 1, "unavailable")] * 2
    states = {job.job_id: job.state for job in jobs_in(run.take(extracted(1, lives_in("Oslo", proof(1)), jobs=jobs)))}
    assert states == {"a": "completed", "b": "processing"}


def test_an_error_that_is_told_of_a_job_is_not_longer_than_others() -> None:
    run = Run()
    [job] = jobs_in(run.take(deferred(1, error="x" * 5_000)))
    assert len(job.error or "") == 1_000


def final_words(run: Run) -> tuple[dict[str, bytes], list[bytes]]:
    jobs = {name: encode(job.model_copy(update={"revision": 0})) for name, job in run.jobs.items()}
    return jobs, [encode(event) for event in run.events if not isinstance(event, JobChanged)]


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(["unavailable", "budget", "in_line"]))), st.data())
def test_waiting_changes_nothing_but_revisions(waits: list[tuple[int, str]], data: st.DataObject) -> None:
    jobs = (share("job-1", total=4), share("job-2", total=4, tokens=7))
    plain = [extracted(n, lives_in(f"City{n}", proof(n, n)), jobs=jobs, cost_micros=n) for n in range(4)]
    work = list(plain)
    for number, reason in waits:
        work.insert(data.draw(st.integers(0, len(work))), deferred(number, reason=reason, jobs=jobs))
    cuts = data.draw(st.lists(st.integers(0, len(work))))
    assert final_words(run_all(work, cuts)) == final_words(run_all(plain))
