"""The model server of the tests, with a memory for what was asked when: a question asked twice must have a cause.

Its answers depend on the question alone; some of its facts have a slot, so that later ones replace earlier ones.
"""

import re
import time
from hashlib import blake2b
from typing import Any, NamedTuple

from tests.model_server import Facts, ModelServer, Question, Step, default_facts

NAME = "small"
PLACE = re.compile(r"I live in (\w+)\.")


class Asked(NamedTuple):
    """One time a question came, and when its answer left (monotonic seconds)."""

    at: float
    answered_at: float


class RecordingModel(ModelServer):
    """Answers every question after up to `delay_s`, some sooner than others."""

    def __init__(self, delay_s: float) -> None:
        super().__init__()
        self._longest = delay_s
        self.asked_when: dict[bytes, list[Asked]] = {}
        """By question."""

    def next_step(self, question: Question) -> Step:
        now, digest = time.monotonic(), digest_of(question)
        delay_s = self._longest * (1 + digest[0] % 8) / 8
        with self._lock:
            self.asked_when.setdefault(digest, []).append(Asked(now, now + delay_s))
            self._counts["asked"] += 1
        return Facts(facts=tuple(map(with_slot, default_facts(question.user))), delay_s=delay_s)

    def in_flight(self, now: float) -> int:
        """Questions that wait for their answers."""
        with self._lock:
            return sum(asked.answered_at > now for times in self.asked_when.values() for asked in times[-1:])


def digest_of(question: Question) -> bytes:
    """Names the question: model, prompt and turns."""
    return blake2b(repr(question[:3]).encode(), digest_size=16).digest()


def with_slot(fact: dict[str, Any]) -> dict[str, Any]:
    """A home replaces the one before it."""
    home = PLACE.search(fact["content"])
    if home is None:
        return fact
    who = fact["about"]
    place = {"subject": who, "predicate": "lives_in", "object": home[1]}
    return fact | place | {"content": f"The {who} lives in {home[1]}."}
