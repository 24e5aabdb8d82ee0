"""What a publisher sent along goes with every event and record that follows, each job's own."""

from schemas.extraction import JobShare
from streams.headers import headers_of, record_headers, trace_of
from streams.ports import Headers
from streams.window.shares import MOST_HEADERS, FilledShare, Share, job_shares
from tests.streams.resolve.examples import Run, candidate, extracted, proof

SENT = {"correlation-id": "order 1", "ce_type": "said"}


def filled(job_id: str, headers: dict[str, str]) -> FilledShare:
    return FilledShare(Share(job_id, 1, 1, f"trace-{job_id}", 1, 0, 0, 0, [], headers), 1, 1)


def test_the_trace_id_stands_apart_from_the_other_headers() -> None:
    logged = {"headers": {"trace-id": "t", **SENT}}
    assert (trace_of(logged), headers_of(logged)) == ("t", SENT)
    assert headers_of({"headers": {"trace-id": "t"}}) == headers_of({}) == {}
    assert headers_of({"headers": {"ce_id": "1"}}) == {"ce_id": "1"}


def test_both_are_headers_of_a_record() -> None:
    assert record_headers("t", {"ce_id": "ü"}) == (("trace-id", b"t"), ("ce_id", "ü".encode()))
    assert record_headers("", {}) == ()


def test_each_job_of_a_window_has_its_own_headers() -> None:
    shares = [JobShare.model_validate(share) for share in job_shares([filled("a", SENT), filled("b", {})])]
    assert [(share.trace_id, share.headers) for share in shares] == [("trace-a", SENT), ("trace-b", {})]


def test_headers_that_would_outgrow_a_window_are_left_out_and_trace_ids_stay() -> None:
    half = {"ce_data": "x" * (MOST_HEADERS // 2)}
    told = job_shares([filled("a", half), filled("b", half), filled("c", SENT)])
    assert ["headers" in share for share in told] == [True, False, False]
    assert all(share["trace_id"] for share in told)


def test_a_share_kept_before_headers_were_copied_has_none() -> None:
    assert Share("a", 1, 1, "t", 1, 0, 0, 0, []).headers == {}


def sent_with(run: Run, topic: str) -> list[Headers]:
    return [output.headers for output in run.outputs if output.topic == topic]


def test_facts_and_jobs_carry_the_headers_of_the_jobs_that_led_to_them() -> None:
    first = JobShare(job_id="first", units=1, total=1, tokens=1, trace_id="t1", headers={"ce_id": "1"})
    second = first.model_copy(update={"job_id": "second", "trace_id": "t2", "headers": {"ce_id": "2"}})
    one, both = candidate("Ann sings.", proof(1)), candidate("Ann swims.", proof(1), proof(2))
    jobs = dict(zip([proof.turn_id for proof in both.evidence], ["first", "second"], strict=True))
    run = Run()
    run.take(extracted(1, one, both, jobs=(first, second), unit_jobs=jobs))
    assert (run.facts["Ann sings."].trace_ids, run.facts["Ann sings."].headers) == (("t1",), {"ce_id": "1"})
    assert (run.facts["Ann swims."].trace_ids, run.facts["Ann swims."].headers) == (("t1", "t2"), {"ce_id": "2"})
    of_first, of_second = ((("trace-id", f"t{number}".encode()), ("ce_id", b"%d" % number)) for number in (1, 2))
    assert sent_with(run, "facts.g1")[:2] == [of_first, of_second]
    assert sent_with(run, "jobs.g1") == [of_first, of_second]
