"""The long run of random kills: round after round until the report holds as many kills as are wanted.

A round publishes a workload of its own to a fresh stack and kills everything at random while that works; then all that
readers can see is compared with the same workload on a stack that nobody touched, with what was sent, and with the
model's own count of questions.
"""

import shutil
import tempfile
import traceback
from collections.abc import Iterable
from pathlib import Path

from streams.errors import TurnlogError
from tests.faults import canary, report
from tests.faults.report import Failed, Report, Round, wrong_exits
from tests.faults.round import Progress, disturbed, undisturbed
from tests.faults.stack import first
from tests.faults.workload import records

KILLS_A_ROUND = 30
RECORDS_A_KILL = 60
WHY = "why.txt"
"""Where a round's folder tells how it failed."""
WHY_LETTERS = 300


class Different(TurnlogError):
    """The disturbed run is not what it has to be."""


def soak(kills: int, *, seed: int, path: Path, progress: Progress, with_canary: bool = True) -> Report:
    """Go on until the report at `path` holds so many kills. It is written after every round.

    Raises Different, once that is written too, where a round differs or fails; its folder is kept and named. The next
    start takes another seed.
    """
    known = report.read(path)
    while (done := report.totals_of(known.rounds).kills) < kills:
        seed = next_seed([*known.rounds, *known.failed], seed)
        entry, wrong = attempt(seed, min(KILLS_A_ROUND, kills - done), progress.behind(done))
        known = with_entry(known, entry)
        report.write(path, known)
        if wrong:
            raise Different(f"seed {seed}: {wrong}")
    if with_canary and known.canary is None:
        known = report.report_of(known.rounds, canary.kill_stock_agent(seed, progress.tell), known.failed)
        report.write(path, known)
    return known


def next_seed(entries: Iterable[Round | Failed], first_seed: int) -> int:
    """The first from this one on that no round has had, however it ended."""
    had = {each.seed for each in entries}
    seed = first_seed
    while seed in had:
        seed += 1
    return seed


def with_entry(known: Report, entry: Round | Failed) -> Report:
    """The report with one more round."""
    if isinstance(entry, Failed):
        return report.report_of(known.rounds, known.canary, [*known.failed, entry])
    return report.report_of([*known.rounds, entry], known.canary, known.failed)


def attempt(seed: int, kills: int, progress: Progress) -> tuple[Round | Failed, str]:
    """A round -> its entry, and what is wrong with it, if anything: then its stacks are kept."""
    folder = Path(tempfile.mkdtemp(prefix="turnlog-soak-"))
    killed = 0

    def note(number: int) -> None:
        nonlocal killed
        killed = number
        progress.killed(number)

    try:
        found, told = _one(folder, seed, kills, progress._replace(killed=note))
    except (KeyboardInterrupt, SystemExit):  # somebody stops us: there is nothing to look at
        shutil.rmtree(folder, ignore_errors=True)
        raise
    except Exception as error:  # whatever it is, it must not get another chance with the same seed
        (folder / WHY).write_text(traceback.format_exc())
        return failure(seed, killed, error, folder), f"{error}\nThe stacks are kept in {folder}, and why, in {WHY}"
    if told:
        return found, f"{len(told)} differences; the stacks are kept in {folder}\n{first(told)}"
    shutil.rmtree(folder, ignore_errors=True)
    return found, ""


def failure(seed: int, killed: int, error: Exception, folder: Path) -> Failed:
    """The entry of a round that ended so, without what only this machine knows."""
    said = (str(error).splitlines() or [""])[0].replace(str(folder), "its folder")
    return Failed(seed=seed, kills=killed, why=f"{type(error).__name__}: {said}"[:WHY_LETTERS])


def _one(folder: Path, seed: int, kills: int, progress: Progress) -> tuple[Round, list[str]]:
    sent = records(kills * RECORDS_A_KILL, seed=seed)
    progress.tell(f"seed {seed}: {len(sent)} records, undisturbed")
    calm = undisturbed(folder / "undisturbed", sent)
    found, told = disturbed(folder / "disturbed", sent, calm, seed=seed, kills=kills, progress=progress)
    told = [*told, *wrong_exits(found.exits)]
    return found.model_copy(update={"differences": len(told)}), told
