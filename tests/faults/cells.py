"""The kill matrix: every place where something can end, in every stage, and what is made to happen there.

A cell is one failpoint. Those of a stage fire one after the other; the stage is started again in between.
"""

import os
import random
from collections.abc import Iterable, Sequence
from operator import itemgetter
from typing import NamedTuple

from streams.engine import ExitCode
from streams.topology import NAMES, STAGES

TOLD = os.environ.get("TURNLOG_MATRIX", "1")
EVERYTHING = TOLD == "all"
SEED = 1 if EVERYTHING else int(TOLD)
KILLED = -9
REFUSED = (ExitCode.FENCED, ExitCode.PRODUCER)
"""What an engine makes of a transaction that the broker has given up; and how a worker ends that a busy machine keeps
from its heartbeats, once others have its partitions."""
IN_FLIGHT_S = 0.1
"""By then a call that has begun has reached the model and not come back."""
BEYOND_TRANSACTION_S = 16
"""The broker gives a transaction up after 10 s, and looks for such every 2 s."""
WATCH_S = 20
AHEAD_S = 1.8
"""By so long is a kill later than the commit of an answer whose result has to wait for another's."""
OPENING = ("fenced", "recovered", "lane_opened")


class Cell(NamedTuple):
    """What is to happen in a stage, and with which codes its process may end for it; none: it goes on."""

    stage: str
    point: str
    action: str = "kill"
    seconds: float = 0
    nth: int = 1
    codes: tuple[int, ...] = (KILLED,)

    def __str__(self) -> str:
        """As TURNLOG_FAILPOINTS has it."""
        seconds = f":{self.seconds:g}" if self.seconds else ""
        return f"{self.stage}/{self.point}={self.action}{seconds}" + (f"@{self.nth}" if self.nth > 1 else "")

    @property
    def is_before_commit(self) -> bool:
        """Whether what was in work has to be read again afterwards."""
        return self.action == "kill" and not self.seconds and self.point in ("chunk_taken", "effects_made", "rows_made")


def with_table(stage: str) -> list[Cell]:
    """The transaction, from its fence to what follows its commit."""
    killed = [*OPENING, "chunk_taken", "effects_made", "transaction_begun", "position_sent", "committing", "committed"]
    return [
        *(Cell(stage, point) for point in killed),
        *(Cell(stage, "committing", seconds=seconds, nth=2) for seconds in (0.001, 0.003)),
        Cell(stage, "chunk_taken", "raise", nth=2, codes=(ExitCode.CRASH,)),
        Cell(stage, "committing", "raise", codes=(ExitCode.CRASH,)),
        Cell(stage, "position_sent", "hang", codes=(ExitCode.STUCK,)),
        Cell(stage, "committing", "delay", BEYOND_TRANSACTION_S, codes=(*REFUSED, ExitCode.STUCK)),
    ]


def ticking(stage: str) -> list[Cell]:
    return [Cell(stage, "tick")]


def asking(stage: str) -> list[Cell]:
    """A call, its answer, and an answer that is journaled before its result can leave."""
    return [
        Cell(stage, "call_begins", seconds=IN_FLIGHT_S, nth=3),
        Cell(stage, "call_begins", "raise", codes=(ExitCode.POISON,)),
        Cell(stage, "call_answered", nth=2),
        Cell(stage, "journal_ahead"),
        Cell(stage, "journal_ahead", seconds=AHEAD_S),
    ]


def inserting(stage: str) -> list[Cell]:
    """Rows in memory, a first and a later table inserted, the position not committed."""
    return [
        *(Cell(stage, point) for point in ("lane_opened", "chunk_taken", "rows_made", "written", "committed")),
        *(Cell(stage, "table_inserted", nth=nth) for nth in (1, 2, 3)),
        Cell(stage, "rows_made", "raise", nth=2, codes=(ExitCode.POISON,)),
        Cell(stage, "table_inserted", "hang", codes=(ExitCode.HUNG, ExitCode.STUCK)),
    ]


TICKING = ("ingest", "extract")


def _column(name: str, *, has_table: bool) -> list[Cell]:
    if not has_table:
        return inserting(name)
    return [
        *with_table(name),
        *(ticking(name) if name in TICKING else ()),
        *(asking(name) if name == "extract" else ()),
    ]


CELLS = tuple(cell for stage in STAGES for cell in _column(stage.name, has_table=stage.has_table))


def chosen(workers: int) -> Sequence[Cell]:
    """What TURNLOG_MATRIX asks for, in the order in which it is to happen. Of a third one worker has every other cell,
    and two have the rest."""
    return in_order(CELLS if EVERYTHING else third(SEED)[workers - 1 :: 2], SEED)


def third(seed: int) -> list[Cell]:
    """A third of all cells, of each stage's."""
    draw = random.Random(seed)
    columns = ([cell for cell in CELLS if cell.stage == name] for name in NAMES)
    return [cell for column in columns for cell in draw.sample(column, len(column) // 3)]


def in_order(cells: Sequence[Cell], seed: int) -> list[Cell]:
    """Each stage's cells such that they meet work: first a kill whose chunk comes again, then the kills of the
    processes that are about to read it, then what needs much at once, then the others in any order. A delay comes last:
    the process goes on after it, and is not to be killed before it has ended for what came of it."""
    draw = random.Random(seed)
    columns = ([cell for cell in cells if cell.stage == name] for name in NAMES)
    return [cell for column in columns if column for cell in _with_work(column, draw)]


def _with_work(column: Iterable[Cell], draw: random.Random) -> list[Cell]:
    rest = draw.sample([*column], len([*column]))
    first = next((cell for cell in rest if cell.is_before_commit), Cell(rest[0].stage, "chunk_taken"))
    rest = [cell for cell in rest if cell != first]
    early = (*OPENING, "journal_ahead")
    turns = [early.index(cell.point) if cell.point in early else len(early) + (cell.action == "delay") for cell in rest]
    return [first, *(cell for _, cell in sorted(zip(turns, rest, strict=True), key=itemgetter(0)))]
