"""One round: a workload undisturbed, the same with kills, and everything that differs.

From the seed come workload, victims and pauses; the moments are the machine's.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from tests.faults.journal import JournalingModel, against_journal, journaled
from tests.faults.kills import Kill, Killer
from tests.faults.ledger import Calls, Outage, count_calls
from tests.faults.oracle import count_kinds, expected
from tests.faults.publisher import Publisher
from tests.faults.report import Called, Killed, Round
from tests.faults.stack import (
    Stack,
    differences,
    dumped,
    first,
    lost_and_doubled,
    paid,
    reading,
    running,
    wait_until_quiet,
)
from tests.faults.watch import Watch
from tests.faults.workload import Sent, as_line

DELAY_S, LATE_S = 0.6, 2.0
QUIET_S = 300.0
BROKER_BACK_S = 15.0
"""So long after its start a broker may make a worker of extract end and ask again."""

Tell = Callable[[str], None]


class Progress(NamedTuple):
    """`tell`: what is being done; `killed`: how many kills there are by now."""

    tell: Tell
    killed: Callable[[int], None]

    def behind(self, done: int) -> "Progress":
        """The same for a round with so many kills before it."""
        return self._replace(killed=lambda number: self.killed(done + number))


def undisturbed(folder: Path, sent: Sequence[Sent]) -> list[str]:
    """The dump of a run that nobody touches. Raises AssertionError where even that is not what was sent."""
    file = folder.with_suffix(".jsonl")
    file.write_bytes(b"".join(map(as_line, sent)))
    with JournalingModel(0.0, 0.0) as model:
        stack = Stack(folder, model)
        with running(stack) as settings, Watch(settings, stack.pids) as watch, reading(settings) as database:
            stack("publish", str(file), limit=QUIET_S)
            wait_until_quiet(database, watch, records=len(sent), limit_s=QUIET_S)
            dump, stored = dumped(database), lost_and_doubled(database, expected(sent))
    assert not stored, f"the undisturbed run differs from what was sent:\n{first(stored)}"
    return dump


def disturbed(
    folder: Path, sent: Sequence[Sent], calm: Sequence[str], *, seed: int, kills: int, progress: Progress
) -> tuple[Round, list[str]]:
    """The same with kills -> the report's entry, and the differences in words."""
    started = time.monotonic()
    folder.mkdir()
    progress.tell(f"seed {seed}: started, to be disturbed")
    with JournalingModel(DELAY_S, LATE_S) as model:
        stack = Stack(folder, model)
        publisher = Publisher(stack, folder, sent)
        with running(stack) as settings, Watch(settings, stack.pids) as watch, reading(settings) as database:
            try:
                killer = Killer(stack, watch, publisher, model, database, seed)
                killer.run(kills, on_kill=lambda kill: _show(kill, killer.kills, progress))
                progress.tell(f"seed {seed}: the rest is published")
                publisher.hurry(watch.ends)
                all_sent = publisher.all_sent
                wait_until_quiet(database, watch, records=len(all_sent), limit_s=QUIET_S)
            finally:
                publisher.end()
            progress.tell(f"seed {seed}: compared with the undisturbed run")
            wanted = expected(all_sent)
            dump, stored = dumped(database), lost_and_doubled(database, wanted)
            calls = count_calls(model.asked_when, outages(watch))
            again = against_journal(model.asked_when, journaled(settings.kafka))
            ledger, exits = paid(database), stack.exits()
    calls = calls._replace(unexplained=calls.unexplained + len(again))
    told = [*stored, *differences(calm, dump), *again, *about_calls(calls, ledger.calls, ledger.answered)]
    return Round(
        seed=seed,
        records=len(sent),
        sent_again=len(all_sent) - len(sent),
        turns=len(wanted.turns),
        dead_letters=wanted.letters.total(),
        rows_compared=len(calm),
        differences=len(told),
        **count_kinds(stored)._asdict(),
        calls=Called(
            asked=calls.asked,
            distinct=calls.distinct,
            ledger=ledger.calls,
            unexplained=calls.unexplained,
            in_kills=sum(kill.part == "extract" and kill.calls > 0 for kill in killer.kills),
        ),
        kills=by_part(killer.kills),
        exits=exits,
        seconds=round(time.monotonic() - started, 1),
    ), told


def about_calls(calls: Calls, paid: int, answered: int) -> list[str]:
    """The ledger counts each question once; whatever was asked more often has a kill for its cause."""
    told = [f"{calls.unexplained} questions were asked again without a cause"] if calls.unexplained else []
    if not calls.distinct == answered == paid:
        told.append(f"{calls.distinct} questions, but the ledger has {answered} and {paid} calls")
    return told


def outages(watch: Watch) -> list[Outage]:
    """When extract, or the broker it commits to, was away."""
    broker = [Outage(begin, end + BROKER_BACK_S) for begin, end in watch.deaths["kafka"]]
    return watch.deaths["extract"] + broker


def by_part(kills: Sequence[Kill]) -> dict[str, Killed]:
    return {
        part: Killed(
            lags=tuple(kill.lag for kill in kills if kill.part == part),
            first_row_s=tuple(
                round(kill.first_row_s, 2) for kill in kills if kill.part == part and kill.first_row_s is not None
            ),
            not_measured=sum(kill.part == part and kill.watched and kill.first_row_s is None for kill in kills),
        )
        for part in sorted({kill.part for kill in kills})
    }


def _show(kill: Kill, kills: Sequence[Kill], progress: Progress) -> None:
    took = f", first new row after {kill.first_row_s:.1f} s" if kill.first_row_s is not None else ""
    progress.tell(f"killed {kill.part} with {kill.lag} records before it{took}")
    progress.killed(len(kills))
