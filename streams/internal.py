"""What becomes of a record at which our own code crashed too often: a dead letter with the code INTERNAL."""

from typing import Any

from schemas.dead_letter import TOPIC, DeadLetter, Subject, to_record, written_under
from streams.errors import Internal
from streams.ports import Bury, Crashes, Effects, Output, SourceRecord

LATEST = 7_258_118_400_000
"""The year 2200 in epoch ms: what is later, or before 1970, was never the time of a record."""
WINDOWS = ("extractions", "results", "facts", "jobs")
"""What the names of topics begin with whose records come from windows."""


def told(stage: str, crashes: Crashes) -> str:
    """For people. What was raised is told by its type alone: its words may quote a turn."""
    how = f"raised {crashes.error}" if crashes.error else "ended its process"
    return f"{Internal.code}: {stage} {how} at this record, {crashes.number} times"


def letter_of(
    record: SourceRecord, crashes: Crashes, *, stage: str, subject: Subject, kept: bool, **known: Any
) -> DeadLetter:
    """The letter; `known`: further fields of `DeadLetter`, as far as they could be read."""
    letter = DeadLetter(
        code=Internal.code,
        message=told(stage, crashes),
        stage=stage,
        subject=subject,
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        timestamp=min(max(record.timestamp, 0), LATEST),
        key=record.key if kept else None,
        value=record.value,
        headers=tuple(record.headers) if kept else (),
        attempt=crashes.number,
        retryable=Internal.retryable,
        kept=kept,
    )
    return letter._replace(**known)


def output_of(letter: DeadLetter, key: bytes | None) -> Output:
    """The letter as a record of the dead-letter topic."""
    value, headers = to_record(letter)
    return Output(TOPIC, key, value, headers)


def burial(stage: str, *, kept: bool, generation: int | None) -> Bury:
    """How this stage buries a record without looking into it; `generation`: whose stage it is, if it has one."""

    def bury(record: SourceRecord, crashes: Crashes) -> Effects:
        subject: Subject = "window" if record.topic.startswith(WINDOWS) else "submission"
        letter = letter_of(record, crashes, stage=stage, subject=subject, kept=kept, generation=generation)
        return Effects([output_of(letter, written_under(letter.key))], counts={("dead_letters", Internal.code): 1})

    return bury
