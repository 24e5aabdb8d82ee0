"""Results in; facts, job states and dead letters out. Results of other generations are passed over."""

from collections import Counter
from collections.abc import Callable, Iterator

from schemas.dead_letter import TOPIC as DEAD_LETTERS
from schemas.dead_letter import DeadLetter, to_record
from schemas.extraction import GenerationDropped, WindowExtracted
from schemas.fact import FactRecorded
from schemas.job import END_STATES
from schemas.topics import facts_topic, jobs_topic
from streams.codec import as_kind, decode, encode
from streams.counts import Name
from streams.errors import ExtractionFailed, Internal
from streams.headers import record_headers
from streams.ids import Ids, scope_key
from streams.internal import letter_of, output_of, told
from streams.overlay import Overlay
from streams.ports import Chunk, Crashes, Effects, Headers, Output, Processor, SourceRecord, State
from streams.resolve.jobs import error_of
from streams.resolve.window import Resolved, resolve
from streams.settings import Settings


def build(settings: Settings) -> Callable[[int, State], Processor]:
    """The stage for each partition; it keeps nothing beside the table."""
    processor = Resolve(settings)
    return lambda partition, state: processor


class Resolve:
    """Decides what follows from results of one generation."""

    def __init__(self, settings: Settings) -> None:
        self._ids = Ids(settings.hash_key)
        self._generation = settings.generation
        self._keeps_bytes = settings.keep_dead_letter_bytes

    def process(self, chunk: Chunk, state: State) -> Effects:
        overlay = Overlay(state)
        counts: Counter[tuple[Name, str]] = Counter()
        outputs = [output for record in chunk.records for output in self._take(record, overlay, counts)]
        return Effects(outputs, overlay.changes, counts=counts)

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        """The window has failed, whatever its result says: its jobs end. One that waits may still be answered."""
        overlay = Overlay(state)
        counts: Counter[tuple[Name, str]] = Counter({("dead_letters", Internal.code): 1})
        result = as_kind(WindowExtracted, decode(record.value or b""))
        said = {"outcome": "failed", "reason": Internal.code, "error": told("resolve", crashes)}
        failed = result.model_copy(update={**said, "candidates": (), "dropped": {}})
        outputs = [output_of(self._letter(record, result, crashes), record.key)]
        if result.outcome != "deferred" and result.generation == self._generation:
            resolved = resolve(failed, self._ids, overlay, at=record.timestamp)
            if resolved is not None:
                count_resolved(counts, resolved)
                outputs += self._tell(failed, resolved, record.headers)
        return Effects(outputs, overlay.changes, counts=counts)

    def _letter(self, record: SourceRecord, result: WindowExtracted, crashes: Crashes) -> DeadLetter:
        return letter_of(
            record,
            crashes,
            stage="resolve",
            subject="window",
            kept=self._keeps_bytes,
            org_id=result.org_id,
            user_id=result.user_id,
            session_id=result.session_id,
            job_id=result.jobs[0].job_id if len(result.jobs) == 1 else None,
            turn_ids=tuple(result.unit_jobs),
            generation=result.generation,
        )

    def _take(self, record: SourceRecord, overlay: Overlay, counts: Counter[tuple[Name, str]]) -> Iterator[Output]:
        event = decode(record.value or b"")
        if isinstance(event, GenerationDropped):
            return
        result = as_kind(WindowExtracted, event)
        if result.generation != self._generation:
            return
        resolved = resolve(result, self._ids, overlay, at=record.timestamp)
        if resolved is None:
            return
        count_resolved(counts, resolved)
        yield from self._tell(result, resolved, record.headers)
        if result.outcome == "failed" and result.reason != Internal.code:  # that letter extract has written
            value, headers = to_record(dead_letter(record, result, kept=self._keeps_bytes))
            yield Output(DEAD_LETTERS, record.key, value, headers)
            counts["dead_letters", ExtractionFailed.code] += 1

    def _tell(self, result: WindowExtracted, resolved: Resolved, headers: Headers) -> Iterator[Output]:
        key = scope_key(result.org_id, result.user_id)
        for fact in resolved.facts:
            copied = _headers_of(fact) if isinstance(fact, FactRecorded) else headers
            yield Output(facts_topic(self._generation), key, encode(fact), copied)
        for share, _, event in resolved.jobs:
            copied = record_headers(share.trace_id, share.headers)
            yield Output(jobs_topic(self._generation), key, event, copied)


def _headers_of(fact: FactRecorded) -> Headers:
    return record_headers(fact.trace_ids[-1] if fact.trace_ids else "", fact.headers)


def count_resolved(counts: Counter[tuple[Name, str]], resolved: Resolved) -> None:
    """For `/metrics`: revisions of facts, and jobs that ended."""
    for fact in resolved.facts:
        if isinstance(fact, FactRecorded):
            counts["facts", fact.change] += 1
    for job in resolved.jobs:
        if job.state in END_STATES:
            counts["jobs_ended", job.state] += 1


def dead_letter(record: SourceRecord, result: WindowExtracted, *, kept: bool) -> DeadLetter:
    """A window that no extractor has a usable answer for."""
    return DeadLetter(
        code=ExtractionFailed.code,
        message=error_of(result) or "",
        stage="resolve",
        subject="window",
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=record.timestamp,
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
        org_id=result.org_id,
        user_id=result.user_id,
        session_id=result.session_id,
        job_id=result.jobs[0].job_id if len(result.jobs) == 1 else None,
        turn_ids=tuple(result.unit_jobs),
        attempt=result.attempts,
        generation=result.generation,
        retryable=ExtractionFailed.retryable,
        kept=kept,
    )
