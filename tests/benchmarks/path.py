"""The part `path`: from the first byte that is published to the last row that can be read, everything on this machine.

One turn a record, each a job, and ten turns a record; statements and small talk. At the end every conversation is
ended, so all facts come. What each process and topic takes for a turn is told, too: from that a cluster can be sized.
"""

import time

from tests.benchmarks.asked import PARTITIONS, Asked
from tests.benchmarks.outcome import Wrong
from tests.benchmarks.results import Figure, require_same
from tests.benchmarks.sampler import Sampler
from tests.benchmarks.stack import FACTS, JOBS_ENDED, STORED_BYTES, fresh_stack
from tests.benchmarks.stack import TURNS as TURNS_STORED
from tests.benchmarks.workload import Sent
from tests.workload import conversations

PART, TEN = "path", "path, ten turns a record"
SIZES = {PART: 1, TEN: 10}
"""How many turns a record has."""
WHOLE = "whole path"
TURNS = 200_000
LIMIT_S = 300.0


def path(asked: Asked) -> None:
    turns = asked.turns or TURNS
    for part, size in SIZES.items():
        require_same(asked.results, part, f"{turns} turns")
        made = conversations(turns, seed=3, scopes=2_000, size=size, flaws=False)
        records = [Sent(key or b"", value, ()) for key, value in made]
        for number in range(asked.results.rounds_of(part) + 1, asked.rounds + 1):
            for name, value, unit in one_round(records, turns, size):
                asked.results.figures.append(Figure(part=part, round=number, name=name, value=value, unit=unit))
                asked.tell(f"round {number} {part} {name}: {value:,.1f} {unit}")
            asked.keep()


def one_round(records: list[Sent], turns: int, size: int) -> list[tuple[str, float, str]]:
    with fresh_stack() as stack, Sampler(*([pid] for pid in stack.parts().values())) as sampler:
        began = time.time()
        stack.kafka.load("turns", records, PARTITIONS)
        published = time.time()
        ended = stack.wait_until_all_is_visible(LIMIT_S)
        cpu = {name: sampler.cpu(at, began, ended) for at, name in enumerate(stack.parts())}
        memory = {name: sampler.resident(at, began, ended) for at, name in enumerate(stack.parts())}
        stored, jobs, facts = (stack.count(sql) for sql in (TURNS_STORED, JOBS_ENDED, FACTS))
        if (stored, jobs) != (turns, turns // size) or not facts:
            raise Wrong(f"{stored} of {turns} turns are stored, {jobs} jobs ended, {facts} facts")
        return [
            (WHOLE, turns / (ended - began), "turns/s"),
            ("published", turns / (published - began), "turns/s"),
            ("CPU of all processes", sum(cpu.values()) / turns * 1e6, "us a turn"),
            *((f"CPU of {name}", seconds / turns * 1e6, "us a turn") for name, seconds in cpu.items()),
            ("memory of all processes", sum(memory.values()) / 1e6, "MB"),
            *((f"memory of {name}", size / 1e6, "MB") for name, size in memory.items()),
            *((f"topic {name}", size / turns, "bytes a turn") for name, size in stack.sizes().items() if size),
            ("rows in ClickHouse", stack.count(STORED_BYTES) / turns, "bytes a turn"),
            ("facts", facts, ""),
        ]
