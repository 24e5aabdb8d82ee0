"""What `/metrics` tells of extractions: what calls used, and how each window was answered."""

from collections import Counter

from schemas.extraction import WindowExtracted
from streams.counts import Name
from streams.errors import Spent
from streams.extract.deferral import Deferral
from streams.extract.extractor import Reply

_REASONS = frozenset({"stop", "length", "content_filter", "refusal", "tool_calls", "function_call"})
"""What servers say; whatever else one thinks of is counted as `other`."""


def count_call(counts: Counter[tuple[Name, str]], outcome: Reply | Deferral, used: Spent) -> None:
    """What came back of one question, and what it used."""
    if used.attempts:
        counts["calls", ""] += used.attempts
    for kind, number in (("in", used.tokens_in), ("out", used.tokens_out), ("cached", used.tokens_cached)):
        if number:
            counts["tokens", kind] += number
    if used.cost_micros:
        counts["cost_micros", ""] += used.cost_micros
    if used.latency_ms:
        counts["call_seconds", f"{used.latency_ms / 1000:.3f}"] += 1
    if isinstance(outcome, Reply) and outcome.finish_reason:
        counts["finish_reasons", outcome.finish_reason if outcome.finish_reason in _REASONS else "other"] += 1


def count_result(counts: Counter[tuple[Name, str]], event: WindowExtracted) -> None:
    """A window that leaves with its answer, or says that it waits."""
    counts["extractions", answer_of(event)] += 1
    if event.outcome == "deferred":
        counts["deferrals", event.reason or ""] += 1
    for reason, number in event.dropped.items():
        counts["candidates_dropped", reason] += number


def answer_of(event: WindowExtracted) -> str:
    """`asked`, `journal`, `unasked` (word for word, or not worth it), `deferred` or `failed`."""
    if event.outcome != "extracted":
        return event.outcome
    if event.journal_hit:
        return "journal"
    return "asked" if event.attempts else "unasked"
