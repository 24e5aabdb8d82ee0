"""Turns whose way is timed: single ones, and ones that close a window with a fact in it."""

import threading
import time
from collections.abc import Iterable
from itertools import pairwise
from statistics import median

import orjson

from streams.adapters.clickhouse import Database
from streams.ids import scope_key
from tests.benchmarks.kafka import Read
from tests.benchmarks.workload import Sent

TURN_PROBE, FACT_PROBE = "turn-probe", "fact-probe"
MOST_TURNS, MOST_FACTS, SHARE = 50.0, 10.0, 0.4
"""Probes a second; of a small load no more than this share."""
USERS = 64
LOOK_EVERY_S, PAUSE = 0.01, 4
# of the tables below the views, which hold the same rows at the same moment: looking costs a third; rows of others
# lie beside those of the probes, with names that are no numbers
SEEN = (
    "SELECT 1 AS turn, toUInt32OrZero(event_id) AS number FROM turnlog_data.turns "
    "WHERE org_id = {turns:String} AND number >= {turns_since:UInt32} "
    "UNION ALL SELECT 0, toUInt32OrZero(user_id) AS number FROM turnlog_data.facts "
    "WHERE org_id = {facts:String} AND number >= {facts_since:UInt32} "
    "SETTINGS max_threads=1, output_format_parallel_formatting=0"
)


class Probes:
    """Those of one load. One thread publishes, another watches."""

    def __init__(self, rate: float) -> None:
        turns, facts = min(MOST_TURNS, rate * SHARE), min(MOST_FACTS, rate * SHARE / 4)
        self.rates = {TURN_PROBE: turns, FACT_PROBE: facts, "load": rate - turns - facts}
        self._sent: dict[str, list[float]] = {TURN_PROBE: [], FACT_PROBE: []}
        self._seen: dict[str, dict[int, float]] = {TURN_PROBE: {}, FACT_PROBE: {}}
        self._closed: dict[int, float] = {}
        self.looks: list[float] = []

    def next(self, kind: str) -> Sent:
        """The next one; it counts as published now."""
        number = len(self._sent[kind])
        user = str(number % USERS if kind == TURN_PROBE else number)
        turn = {"role": "user", "text": "I live in Oslo.", "event_id": str(number)}
        options = {"flush": kind == FACT_PROBE}
        submission = {"org_id": kind, "user_id": user, "session_id": "s", "turns": [turn], "options": options}
        self._sent[kind].append(time.time())
        return Sent(scope_key(kind, user), orjson.dumps(submission), ())

    def watch(self, database: Database, enough: threading.Event) -> None:
        """Note when each can be read, until it is enough. The longer a look takes, the longer the pause before the
        next: watching must not be what is measured."""
        took = 0.0
        while not enough.wait(max(LOOK_EVERY_S, PAUSE * took)):
            began = time.time()
            turns, facts = self._seen[TURN_PROBE], self._seen[FACT_PROBE]
            since = {"turns_since": _first_unseen(turns), "facts_since": _first_unseen(facts)}
            rows = database.query(SEEN, {"turns": TURN_PROBE, "facts": FACT_PROBE, **since})
            now = time.time()
            for row in rows:
                (turns if row["turn"] else facts).setdefault(row["number"], now)
            took = now - began
            self.looks.append(began)

    def note_windows(self, windows: Iterable[Read]) -> None:
        """When the windows of the probes were closed."""
        for record in windows:
            if record.key.startswith(FACT_PROBE.encode()):
                self._closed[int(record.key.rpartition(b"/")[2])] = record.timestamp / 1000

    def looked_every(self) -> float:
        """Seconds between two looks, in the middle of all: so much later than it was may something be seen."""
        return median(after - before for before, after in pairwise(self.looks))

    def all_seen(self) -> bool:
        return all(len(self._seen[kind]) == len(self._sent[kind]) for kind in self._sent)

    def turns_after(self, seconds: float) -> list[float]:
        """Publish to visible, of those published after the first seconds."""
        sent, seen = self._sent[TURN_PROBE], self._seen[TURN_PROBE]
        return [seen[number] - at for number, at in enumerate(sent) if at >= sent[0] + seconds]

    def facts_after(self, seconds: float) -> list[float]:
        """Window closed to fact visible, likewise."""
        sent, seen = self._sent[FACT_PROBE], self._seen[FACT_PROBE]
        return [seen[number] - self._closed[number] for number, at in enumerate(sent) if at >= sent[0] + seconds]


def _first_unseen(seen: dict[int, float]) -> int:
    return next(number for number in range(len(seen) + 1) if number not in seen)
