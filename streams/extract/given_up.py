"""A window at which extract crashes: a dead letter, and a result that says that it failed."""

from schemas.extraction import WindowClosed, WindowExtracted
from streams import codec
from streams.counts import Counts
from streams.errors import Internal
from streams.ids import Ids
from streams.internal import letter_of, output_of, told
from streams.ports import Crashes, Effects, Output, SourceRecord

STAGE = "extract"


def given_up(record: SourceRecord, crashes: Crashes, *, ids: Ids, kept: bool) -> Effects:
    """Raises for a record that is no window: then it tells of no job."""
    window = codec.decode_as(WindowClosed, record.value or b"")
    letter = letter_of(
        record,
        crashes,
        stage=STAGE,
        subject="window",
        kept=kept,
        org_id=window.org_id,
        user_id=window.user_id,
        session_id=window.session_id,
        job_id=window.jobs[0].job_id if len(window.jobs) == 1 else None,
        generation=window.generation,
    )
    result = Output(WindowExtracted.topic, record.key, codec.encode(_failed(window, ids, crashes)), record.headers)
    counts: Counts = {("dead_letters", Internal.code): 1, ("extractions", "failed"): 1}
    return Effects([result, output_of(letter, record.key)], counts=counts)


def _failed(window: WindowClosed, ids: Ids, crashes: Crashes) -> WindowExtracted:
    """Nobody was asked, so it is under a key of its own."""
    return WindowExtracted(
        org_id=window.org_id,
        user_id=window.user_id,
        generation=window.generation,
        session_id=window.session_id,
        window_id=window.window_id,
        extraction_key=ids.digest("extraction/given up", window.window_id).hex(),
        outcome="failed",
        reason=Internal.code,
        options=window.options,
        jobs=window.jobs,
        units=len(window.units),
        closed_by=window.closed_by,
        closed_at=window.closed_at,
        extractor=window.asked.extractor,
        model="",
        prompt_version="",
        schema_version=0,
        attempts=0,
        error=told(STAGE, crashes),
    )
