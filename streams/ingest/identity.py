"""What a turn is, what a job is, and what "sent again" means. All of it before redaction: rules may change."""

from functools import lru_cache
from typing import Final, NamedTuple

from streams.ids import Ids, Part, encode, normalise
from streams.ingest.decode import ReadObservation, ReadSubmission
from streams.ingest.rekey import Origin

encode_options: Final = lru_cache(1_024)(encode)
"""Options repeat; their encoding is not made anew for each submission."""


class TurnIdentity(NamedTuple):
    """Which turn it is, and what it says."""

    turn_id: str
    content: bytes


class Identity:
    """What tells a submission and its turns from all others. What is dear to compute waits until it is asked for.

    `weak`: how many turns have neither event id nor time.
    """

    __slots__ = ("_computed_job_id", "_conversation", "_ids", "_list", "_sent", "turns", "weak")

    def __init__(self, ids: Ids, conversation: bytes, sent: ReadSubmission, source: Origin) -> None:
        self._ids = ids
        self._conversation = conversation
        self._sent = sent
        self._computed_job_id: str | None = None
        self._list: bytes | None = None
        self.turns: list[TurnIdentity] = []
        weak: list[int] = []
        for role, text, name, said_at, event_id, _ in sent.turns:
            if event_id is not None:
                turn_id = ids.turn_by_event(conversation, event_id)
            elif said_at is not None:
                turn_id = ids.turn_by_time(conversation, role, name, text, said_at)
            else:
                turn_id = ""
                weak.append(len(self.turns))
            self.turns.append(TurnIdentity(turn_id, ids.content(role, name, text)))
        for index in weak:
            self.turns[index] = self.turns[index]._replace(turn_id=self._weak_id(index, source))
        self.weak = len(weak)

    def _weak_id(self, index: int, source: Origin) -> str:
        """Among others by its place in the whole list; alone by the job, or by where the record first lay."""
        sent = self._sent
        if len(sent.turns) > 1:
            return self._ids.turn_by_place(self._conversation, self._turns_as_sent(), index)
        if sent.job_id is not None:
            return self._ids.turn_by_job(self._conversation, sent.job_id)
        return self._ids.turn_by_coordinate(self._conversation, source.topic, source.partition, source.offset)

    @property
    def job_id(self) -> str:
        """The caller's, else the computed one."""
        return self._sent.job_id or self.computed_job_id

    @property
    def computed_job_id(self) -> str:
        if self._computed_job_id is None:
            self._computed_job_id = self._ids.job(self._conversation, self.turns, encode_options(self._sent.options))
        return self._computed_job_id

    @property
    def fingerprint(self) -> bytes:
        """What a caller's job id stands for: turns and options as sent, in this conversation."""
        options = encode_options(self._sent.options)
        return self._ids.digest("submission-as-sent", self._turns_as_sent(), options)

    def _turns_as_sent(self) -> bytes:
        """One value for the whole list of turns; nothing of when or where it arrived."""
        if self._list is None:
            turns = [
                (content, turn.said_at, turn.event_id, [_part_of(observation) for observation in turn.observations])
                for turn, (_, content) in zip(self._sent.turns, self.turns, strict=True)
            ]
            self._list = self._ids.digest("turns-as-sent", self._conversation, turns)
        return self._list


def _part_of(observation: ReadObservation) -> Part:
    content, *rest = observation
    return normalise(content), *rest


def is_computed_form(job_id: str) -> bool:
    """Whether an id looks like those we compute. A caller may well send one such."""
    return len(job_id) == 32 and not job_id.strip("0123456789abcdef")
