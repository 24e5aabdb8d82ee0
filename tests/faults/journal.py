"""What was asked against extract's journal: an answer that is in it is never paid for again, and soon it is in it."""

import json
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

import orjson
from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from schemas.topics import app_id, changelog
from streams.extract.journal import JournalKey
from tests.deployment.production import PARTITIONS
from tests.faults.ledger import Outage, count_calls
from tests.faults.model import Asked, RecordingModel, digest_of
from tests.model_server import Facts, Question, Step, Text

PROMPT_S = 0.7
"""An answer is in the journal before any that its lane gets so much later. (Seconds of the clock say nothing of a
process that hardly runs.)"""
SOON_S, LATE_S, LATE_OF_256 = 0.1, 2.4, 32
"""Answers that have to wait for a late one are journaled long before their results."""
ENTRY = JournalKey(b"", b"").entry()


class Written(NamedTuple):
    """An answer in the journal: where, and when it was written (epoch seconds)."""

    partition: int
    at: float


Journal = Mapping[bytes, Sequence[Written]]
"""By question."""


class JournalingModel(RecordingModel):
    """Its answers name their questions, so that the journal tells which of them it holds; a few come late."""

    def __init__(self, soon_s: float = SOON_S, late_s: float = LATE_S) -> None:
        super().__init__(soon_s)
        self._late_s = late_s

    def next_step(self, question: Question) -> Step:
        step, digest = super().next_step(question), digest_of(question)
        assert isinstance(step, Facts)
        mine = len(self.asked_when[digest]) - 1
        self.wait(self._late_s if digest[1] < LATE_OF_256 else step.delay_s)
        with self._lock:
            self.asked_when[digest][mine] = self.asked_when[digest][mine]._replace(answered_at=time.monotonic())
        return Text(json.dumps({"facts": step.facts, "question": digest.hex()}, ensure_ascii=False))


def journaled(brokers: str) -> Journal:
    """What extract's journal holds, as committed. Raises KafkaException where it cannot be read to its end."""
    topic = changelog("extract", 1)
    about = {"bootstrap.servers": brokers, "group.id": app_id("look", 1), "enable.auto.commit": False}
    consumer = Consumer({**about, "enable.partition.eof": True, "isolation.level": "read_committed", "log_level": 0})
    consumer.assign([TopicPartition(topic, number, 0) for number in range(PARTITIONS)])
    found = defaultdict[bytes, list[Written]](list)
    ended = 0
    while ended < PARTITIONS:
        for message in consumer.consume(1000, 1):
            error = message.error()
            if error is not None:
                if error.code() != KafkaError._PARTITION_EOF:
                    raise KafkaException(error)
                ended += 1
            elif (message.key() or b"").startswith(ENTRY):
                written = Written(message.partition() or 0, message.timestamp()[1] / 1000)
                found[question_of(message.value() or b"")].append(written)
    consumer.close()
    return found


def question_of(answer: bytes) -> bytes:
    """Which question an entry of the journal answers."""
    return bytes.fromhex(orjson.loads(orjson.loads(answer)["reply"]["raw"][0])["question"])


def paid_twice(asked_when: Mapping[bytes, Sequence[Asked]], journal: Journal, outages: Sequence[Outage]) -> list[str]:
    """Questions that were asked again without a cause, or whose answer was not kept when it should have been."""
    here = _here(journal)
    calls = count_calls(asked_when, outages)
    wrong = [f"{calls.unexplained} questions asked again though nobody was killed"] if calls.unexplained else []
    wrong += against_journal(asked_when, journal)
    lanes = _lanes(asked_when, here)
    for digest, asked in asked_when.items():
        if written := here.get(digest):
            lane = lanes[written[0].partition]
            passed_over = [pair for pair in pairwise(asked) if _is_passed_over(*pair, lane, outages)]
            wrong += [f"{_name(digest)}: its answer was not kept, and one that came later was"] * len(passed_over)
    return wrong


def against_journal(asked_when: Mapping[bytes, Sequence[Asked]], journal: Journal) -> list[str]:
    """Questions whose answer is not in the journal, or that were asked after it was there for the first time."""
    here, wrong = _here(journal), []
    for digest, asked in asked_when.items():
        if written := here.get(digest):
            known = min(each.at for each in written)
            again = [each for each in asked if each.at > known]
            wrong += [f"{_name(digest)}: asked again after its answer was in the journal"] * len(again)
        else:
            wrong.append(f"{_name(digest)}: its answer is not in the journal")
    return wrong


def _here(journal: Journal) -> Journal:
    """In this process's monotonic seconds."""
    to_epoch = time.time() - time.monotonic()
    return {digest: [each._replace(at=each.at - to_epoch) for each in written] for digest, written in journal.items()}


def _name(digest: bytes) -> str:
    return digest.hex()[:8]


def _lanes(asked_when: Mapping[bytes, Sequence[Asked]], journal: Journal) -> dict[int, list[tuple[float, float]]]:
    """By partition, when each answer came that was journaled, and when it was."""
    lanes = defaultdict[int, list[tuple[float, float]]](list)
    for digest, asked in asked_when.items():
        for partition, at in journal.get(digest, ()):
            came = [each.answered_at for each in asked if each.answered_at <= at]
            if came:
                lanes[partition].append((max(came), at))
    return lanes


def _is_passed_over(first: Asked, again: Asked, lane: Sequence[tuple[float, float]], outages: Sequence[Outage]) -> bool:
    """Whether somebody died with an answer in hand that came clearly before one which its lane had journaled."""
    ends = [outage.begin for outage in outages if first.at <= outage.begin <= again.at]
    return bool(ends) and any(came > first.answered_at + PROMPT_S and at < min(ends) for came, at in lane)
