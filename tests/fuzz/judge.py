"""What must hold whatever was sent: ingest's lanes over tables in memory, and what each record's effects may be."""

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import orjson

from schemas.dead_letter import DeadLetter, from_record
from schemas.log import LogEvent
from streams import codec
from streams.errors import PermanentError
from streams.ids import parse_scope_key
from streams.ingest.agents import build
from streams.partitioning import partition_of
from streams.ports import Chunk, Effects, Output, Record
from streams.settings import Settings
from tests.fuzz.records import PARTITIONS, SECRET, Sent

RECORD_MAX = (4 << 20) - 1_000
"""What our topics take, without what a batch needs beside its record."""
HEAD_MAX = 64 << 10
CODES = {kind.code for kind in PermanentError.__subclasses__()} - {"INTERNAL", "EXTRACTION_FAILED"}
ACCEPTED, CONTROL, REFUSED = "accepted", "control", "dead letter"
ENDS = {
    "SubmissionAccepted": ACCEPTED,
    "JobResubmitted": ACCEPTED,
    "SessionEnded": CONTROL,
    "FlushRequested": CONTROL,
}
Result = TypeVar("Result")


def quickly(work: Callable[[], Result], size: int) -> Result:
    """The result; it must not take this thread longer than a bound that grows with the size alone."""
    started = time.thread_time()
    result = work()
    took = time.thread_time() - started
    assert took < 1 + size * 4e-6, f"{took:.2f} s for {size} bytes"
    return result


class Became(NamedTuple):
    """What one record ended as, and all that was written about it, its detour included."""

    end: str
    log: list[dict[str, Any]]
    letters: list[DeadLetter]


class World:
    """Ingest, all lanes, with the judge beside it."""

    def __init__(self, *, keep: bool) -> None:
        self.keep = keep
        self._settings = Settings(
            partitions=PARTITIONS,
            keep_dead_letter_bytes=keep,
            shared_visibility_orgs=frozenset({"open"}),
            models=frozenset({"big"}),
        )
        make = build(self._settings)
        self.tables: list[dict[bytes, bytes]] = [{} for _ in range(PARTITIONS)]
        self._lanes = [make(number, table) for number, table in enumerate(self.tables)]
        self._offsets: Counter[tuple[str, int]] = Counter()
        self.log: list[Output] = []

    def take(self, sent: Sent) -> Became:
        """One record, to its end."""
        outputs = self._process("turns", sent.partition, sent.key, sent.value, sent.headers, sent)
        moved = [output for output in outputs if output.topic == "ingest-rekeyed"]
        if moved:
            (output,) = outputs
            assert output.partition is not None, "it says where to"
            outputs = self._process("ingest-rekeyed", output.partition, output.key, output.value, (), sent)
        self._check_secrets([*moved, *outputs], sent)
        return self._became(outputs)

    def _process(
        self,
        topic: str,
        number: int,
        key: bytes | None,
        value: bytes | None,
        headers: Sequence[tuple[str, bytes | None]],
        sent: Sent,
    ) -> list[Output]:
        offset = self._offsets[topic, number]
        self._offsets[topic, number] += 1
        record = Record(topic, number, offset, sent.timestamp, key, value, headers)  # type: ignore[arg-type]
        chunk = Chunk(topic, number, [record], offset, offset + 1)
        table = self.tables[number]
        effects = quickly(lambda: self._lanes[number].process(chunk, table), sent.size)
        again = build(self._settings)(number, table).process(chunk, table)
        assert (list(effects.outputs), effects.changes, effects.counts) == (
            list(again.outputs), again.changes, again.counts,
        ), "the same from the same state"  # fmt: skip
        self._check_effects(effects, number)
        table.update(effects.changes)
        return list(effects.outputs)

    def _check_effects(self, effects: Effects, number: int) -> None:
        for output in effects.outputs:
            assert size_of(output) <= RECORD_MAX, f"{size_of(output)} bytes for {output.topic}"
            assert output.topic in ("conversations", "ingest-rekeyed", "dead-letters")
            if output.topic == "ingest-rekeyed":
                assert output.partition != number, "a record is moved once"
            elif output.topic == "conversations":
                assert output.partition is None
                assert output.key is not None
                parse_scope_key(output.key)
                assert partition_of(output.key, PARTITIONS) == number, "a scope has one place"
                assert isinstance(codec.decode(output.value or b""), LogEvent)
                self.log.append(output)
        check_changes(effects.changes)

    def _became(self, outputs: Sequence[Output]) -> Became:
        log = [orjson.loads(output.value or b"") for output in outputs if output.topic == "conversations"]
        dead = [output for output in outputs if output.topic == "dead-letters"]
        letters = [from_record(output.value, output.headers).letter for output in dead]
        ends = [ENDS[event["event"]] for event in log if event["event"] in ENDS]
        ends += [REFUSED for letter in letters if letter.subject != "turns"]
        (end,) = ends
        told = [event["event"] for event in log]
        assert told.count("SubmissionRefused") <= (end == REFUSED), told
        conflicts = [letter for letter in letters if letter.subject == "turns"]
        assert len(conflicts) <= (told == ["SubmissionAccepted"])
        for letter in letters:
            assert letter.code in CODES
            assert letter.code == "TURN_CONFLICT" if letter in conflicts else letter.code != "TURN_CONFLICT"
            assert SECRET[8:20] not in letter.message
            assert len(letter.message) <= 250 + 5 * 200, "no text is in it; places of conflicts are"
        return Became(end, log, letters)

    def _check_secrets(self, outputs: Sequence[Output], sent: Sent) -> None:
        if not sent.is_whole:
            return
        secret = SECRET.encode()
        for output in outputs:
            held = [
                output.key,
                output.value,
                *(part for pair in output.headers for part in (pair[0].encode(), pair[1])),
            ]
            if output.topic == "dead-letters" and self.keep:
                held = [content for name, content in output.headers if name == "turnlog"]  # the rest is as it was sent
            assert not any(secret in part for part in held if part), output
        for table in self.tables:
            assert not any(secret in part for pair in table.items() for part in pair)


def size_of(output: Output) -> int:
    """Bytes of a record, what Kafka adds for each header included."""
    headers = sum(len(name.encode()) + len(content or b"") + 6 for name, content in output.headers)
    return len(output.key or b"") + len(output.value or b"") + headers


def check_changes(changes: Mapping[bytes, bytes]) -> None:
    """Of a table: no key of the engine's, and no value that would be written again and again in its full size."""
    for key, value in changes.items():
        assert key
        assert key[0] != 0, "the engine's own"
        assert isinstance(value, bytes)
        assert len(value) <= HEAD_MAX
