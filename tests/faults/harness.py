"""One run with failpoints, and everything that is wrong with it: its dump, what was paid, how its processes ended."""

import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.deployment.production import ROOT
from tests.faults.cells import REFUSED, WATCH_S, Cell
from tests.faults.cluster import Run, first_differences
from tests.faults.disturb import Disturb, Disturbed, until_all_fired
from tests.faults.group import Member, Members
from tests.faults.journal import LATE_S, JournalingModel, journaled, paid_twice
from tests.faults.ledger import Outage
from tests.faults.model import NAME
from tests.faults.trickle import Trickle
from tests.faults.workload import Sent

SETTINGS = {
    "TURNLOG_EXTRACTOR": "openai",
    "TURNLOG_MODEL": NAME,
    "TURNLOG_CALLS": "16",
}
AT_REST_S, LOST_S, STUCK_S = 0.5, 6.0, 60.0
"""So long nothing has changed: where all is done; where it seems done but for jobs; where it will never be."""


class Outcome(NamedTuple):
    """What a run left: its dump, the failpoints that fired and when (epoch ms), and all that is wrong beside the dump,
    by kind."""

    lines: Sequence[str]
    fired: Mapping[Cell, int]
    wrong: Mapping[str, Sequence[str]]


class Undisturbed(NamedTuple):
    """The records, and the dump of a run over them in which nothing happened."""

    records: Sequence[Sent]
    lines: Sequence[str]

    def told(self, found: Outcome) -> dict[str, Sequence[str]]:
        """All that is wrong with another run over them, by kind. A dump says nothing while something moves."""
        wrong = dict(found.wrong)
        if "unrest" not in wrong and found.lines != self.lines:
            wrong["dump"] = first_differences(self.lines, found.lines).splitlines()
        for kind, said in wrong.items():
            print(kind, *said[:20], sep="\n    ")
        return wrong


def run_disturbed(
    folder: Path,
    clickhouse: LocalClickHouse,
    records: Sequence[Sent],
    cells: Sequence[Cell] = (),
    *,
    workers: int = 1,
    version: Path = ROOT,
    disturb: Disturb = until_all_fired,
    quick: bool = False,
    late_s: float = LATE_S,
) -> Outcome:
    """Publish until all failpoints have fired, then the rest at once -> what came of it.

    `quick`: the model lets nobody wait. `late_s`: how long it does for a few answers, otherwise.
    """
    fired = folder / "fired"
    fired.mkdir(parents=True)
    with (
        JournalingModel(0, 0) if quick else JournalingModel(late_s=late_s) as model,
        LocalKafka(folder / "kafka") as kafka,
    ):
        told = {
            **SETTINGS,
            "TURNLOG_OPENAI_API_KEY": model.key,
            "TURNLOG_OPENAI_BASE_URL": model.url,
            "TURNLOG_FAILPOINTS": ",".join(map(str, cells)),
            "TURNLOG_FAILPOINTS_DIR": str(fired),
            **({"TURNLOG_WATCH_S": str(WATCH_S)} if any(cell.action == "hang" for cell in cells) else {}),
        }
        run = Run(folder / "run", kafka, clickhouse, **told)
        run.environment |= {"PYTHONPATH": str(version), "PYTHONSAFEPATH": "1"}
        with run, started(run, workers, version) as members:
            publisher = Trickle(kafka.address, records)
            disturbed = Disturbed(run, members, publisher, fired, cells)
            disturb(disturbed)
            left = publisher.left()
            publisher.finish()
            wrong = {"unrest": unrest(run)}
            found = disturbed.fired()
            wrong["fired"] = not_fired(cells, found, left)
            wrong["exits"] = wrong_exits(found, members.exits(), workers)
            if not wrong["unrest"]:
                wrong["stored"] = run.lost_and_doubled(records)
                wrong["ledger"] = paid_twice(model.asked_when, journaled(kafka.address), stops(found, members.all))
            lines = run.lines()
            (folder / "dump").write_text("\n".join(lines))  # to be looked at where it is not as it should be
            return Outcome(lines, found, {kind: said for kind, said in wrong.items() if said})


@contextmanager
def started(run: Run, workers: int, version: Path) -> Iterator[Members]:
    """One worker takes its partitions back when it is started again; two give them to each other."""
    with Members(run.folder, run.environment, version) as members:
        for number in range(workers):
            members.start(f"worker{number}", **({"TURNLOG_INSTANCE_ID": "one"} if workers == 1 else {}))
        members.wait_until_shared()
        yield members


def unrest(run: Run) -> list[str]:
    """Wait until nothing moves any more -> what is left to do then, if anything. A job that lost its turns stays open:
    that is for the dump to tell."""
    seen, since = None, time.monotonic()
    while True:
        lags = run.lags()
        looked = lags, run.open_jobs()
        if looked != seen:
            seen, since = looked, time.monotonic()
        still_s = time.monotonic() - since
        if not any(lags.values()) and still_s > (AT_REST_S if looked[1] == 0 else LOST_S):
            return []
        if still_s > STUCK_S:
            return [f"nothing moved for {still_s:.0f} s: {lags}"]
        time.sleep(0.5)


def not_fired(cells: Sequence[Cell], fired: Mapping[Cell, int], left: int) -> list[str]:
    missing = [f"{cell} did not fire" for cell in cells if cell not in fired]
    return missing + (["everything was published before the last one fired: publish more"] if not left else [])


def wrong_exits(fired: Iterable[Cell], exits: Sequence[tuple[str, int]], workers: int) -> list[str]:
    """Processes that ended although nothing was done to them, or otherwise than they should have."""
    late = REFUSED if workers > 1 else ()  # who is alone has nobody to lose its partitions to
    left, wrong = Counter(exits), []
    for cell in sorted(fired, key=lambda cell: len(cell.codes)):
        if code := next((code for code in cell.codes if left[cell.stage, code]), None):
            left[cell.stage, code] -= 1
        elif cell.codes:
            wrong.append(f"{cell} ended nobody with code {' or '.join(map(str, map(int, cell.codes)))}")
    return wrong + [f"{stage} ended with code {code}" for stage, code in left.elements() if code not in late]


def stops(fired: Mapping[Cell, int], members: Sequence[Member]) -> list[Outage]:
    """When calls in flight were lost: where extract stood still or ended, or gave its partitions up."""
    times = [
        at / 1000 + (cell.action == "kill") * cell.seconds for cell, at in fired.items() if cell.stage == "extract"
    ]
    lost = ({"action": "lane_closed", "stage": "extract"}, {"action": "ended", "part": "extract"})
    times += [
        datetime.fromisoformat(line["at"]).timestamp()
        for member in members
        for line in member.said()
        if any(about.items() <= line.items() for about in lost)
    ]
    ahead = time.monotonic() - time.time()
    return [Outage(at + ahead, at + ahead) for at in sorted(times)]
