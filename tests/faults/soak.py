"""The long run of random kills: round after round until the report holds as many kills as are wanted.

A round publishes a workload of its own to a fresh stack and kills everything at random while that works; then all that
readers can see is compared with the same workload on a stack that nobody touched, with what was sent, and with the
model's own count of questions.
"""

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from subprocess import TimeoutExpired

from streams.errors import TransientError, TurnlogError
from tests.faults import canary, report
from tests.faults.report import Report, Round
from tests.faults.round import Progress, disturbed, undisturbed
from tests.faults.stack import first
from tests.faults.workload import records

KILLS_A_ROUND = 30
RECORDS_A_KILL = 60


class Different(TurnlogError):
    """The disturbed run is not what it has to be."""


def soak(kills: int, *, seed: int, path: Path, progress: Progress, with_canary: bool = True) -> Report:
    """Go on until the report at `path` holds so many kills. It is written after every round.

    Raises Different, once that is written too, where a round differs; its folder is kept and named.
    """
    known = report.read(path)
    rounds = list(known.rounds)
    while (done := report.totals_of(rounds).kills) < kills:
        seed = next_seed(rounds, seed)
        most = min(KILLS_A_ROUND, kills - done)
        found, told, kept = _one(seed, most, progress.behind(done))
        rounds.append(found)
        known = report.report_of(rounds, known.canary)
        report.write(path, known)
        if told:
            raise Different(f"seed {seed}: {len(told)} differences; the stack is kept in {kept}\n{first(told)}")
    if with_canary and known.canary is None:
        known = report.report_of(rounds, canary.kill_stock_agent(seed, progress.tell))
        report.write(path, known)
    return known


def next_seed(rounds: Sequence[Round], first_seed: int) -> int:
    """The first from this one on that no round has had."""
    had = {each.seed for each in rounds}
    seed = first_seed
    while seed in had:
        seed += 1
    return seed


def _one(seed: int, kills: int, progress: Progress) -> tuple[Round, list[str], Path]:
    """A round, and where its stack is kept if it found differences."""
    folder = Path(tempfile.mkdtemp(prefix="turnlog-soak-"))
    sent = records(kills * RECORDS_A_KILL, seed=seed)
    keep = False
    try:
        progress.tell(f"seed {seed}: {len(sent)} records, undisturbed")
        calm = undisturbed(folder / "undisturbed", sent)
        found, told = disturbed(folder / "disturbed", sent, calm, seed=seed, kills=kills, progress=progress)
        keep = bool(told)
    except (AssertionError, TimeoutExpired, TransientError) as error:
        keep = True
        raise Different(f"seed {seed}: {error}\nThe stacks are kept in {folder}") from error
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    return found, told, folder
