"""What extract counts: how windows were answered, and what calls used."""

from collections import Counter

from schemas.extraction import WindowExtracted
from streams.counts import Name
from streams.errors import Spent
from streams.extract.counts import answer_of, count_call, count_result
from streams.extract.deferral import Deferral
from streams.extract.extractor import Reply
from tests.streams.sink.store import example


def extracted(**changes: object) -> WindowExtracted:
    return WindowExtracted.model_validate({**example("WindowExtracted"), **changes})


def test_why_a_model_stopped_is_one_of_few_words() -> None:
    counts: Counter[tuple[Name, str]] = Counter()
    for reason in ("stop", "tired", "bored"):
        count_call(counts, Reply(finish_reason=reason), Spent())
    assert counts == {("finish_reasons", "stop"): 1, ("finish_reasons", "other"): 2}


def test_how_a_window_was_answered() -> None:
    assert answer_of(extracted(outcome="extracted", journal_hit=False, attempts=1)) == "asked"
    assert answer_of(extracted(outcome="extracted", journal_hit=True, attempts=1)) == "journal"
    assert answer_of(extracted(outcome="extracted", journal_hit=False, attempts=0)) == "unasked"
    assert answer_of(extracted(outcome="failed", journal_hit=False)) == "failed"
    assert answer_of(extracted(outcome="deferred", reason="budget")) == "deferred"


def test_a_result_tells_why_it_waits_and_what_was_dropped() -> None:
    counts: Counter[tuple[Name, str]] = Counter()
    count_result(counts, extracted(outcome="deferred", reason="budget", dropped={}))
    count_result(counts, extracted(outcome="extracted", journal_hit=True, dropped={"no_evidence": 2, "secret": 1}))
    assert counts == {
        ("extractions", "deferred"): 1,
        ("deferrals", "budget"): 1,
        ("extractions", "journal"): 1,
        ("candidates_dropped", "no_evidence"): 2,
        ("candidates_dropped", "secret"): 1,
    }


def test_a_call_tells_what_it_used_also_when_it_brought_nothing() -> None:
    counts: Counter[tuple[Name, str]] = Counter()
    used = Spent(attempts=2, tokens_in=900, tokens_out=40, cost_micros=77, latency_ms=1_250)
    count_call(counts, Reply(finish_reason="stop"), used)
    count_call(counts, Deferral("unavailable"), Spent())
    assert counts == {
        ("calls", ""): 2,
        ("tokens", "in"): 900,
        ("tokens", "out"): 40,
        ("cost_micros", ""): 77,
        ("call_seconds", "1.250"): 1,
        ("finish_reasons", "stop"): 1,
    }
