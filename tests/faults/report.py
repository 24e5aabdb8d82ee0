"""What the soak has found so far: an entry for each round, and their totals. Nothing of when, where or by whom."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from streams.engine import ExitCode
from streams.topology import NAMES

MAY_END_WITH = (ExitCode.FENCED, ExitCode.PRODUCER, ExitCode.STUCK)
"""What stages may make of a broker that was killed, and of each other's deaths. Services have no reason to end."""


class Entry(BaseModel):
    """A part of the report; what it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Killed(Entry):
    """The kills of one part: the lag at each, and seconds to the first new row where that was waited for."""

    lags: tuple[int, ...] = ()
    first_row_s: tuple[float, ...] = ()
    not_measured: int = 0
    """Of those that were waited for: how often nothing more was published, so that there was no row to wait for."""


class Called(Entry):
    """Questions to the model. `in_kills`: kills of extract while some waited; `ledger`: calls that the ledger has."""

    asked: int
    distinct: int
    ledger: int
    unexplained: int
    in_kills: int


class Round(Entry):
    """A fresh stack, a workload, kills, and the comparison with the same workload undisturbed."""

    seed: int
    records: int
    sent_again: int
    turns: int
    dead_letters: int
    rows_compared: int
    differences: int
    lost: int
    """Turns and dead letters, as the two below."""
    doubled: int
    altered: int = 0
    """With another text, or unknown to whoever sent everything."""
    calls: Called
    kills: dict[str, Killed]
    exits: dict[str, dict[str, int]]
    """How often parts ended by themselves, by exit code."""
    seconds: float


class Failed(Entry):
    """A round that did not come to its end. `kills`: how many there were by then; none of them counts."""

    seed: int
    kills: int
    why: str


class FirstRow(Entry):
    """Seconds from a kill to the first new row. Times are of those measured; where none is, there are none."""

    measured: int
    not_measured: int = 0
    median_s: float | None
    worst_s: float | None


class Totals(Entry):
    """Sums over all rounds."""

    rounds: int
    failed: int = 0
    """Rounds that did not come to their end; nothing of them is in the other sums."""
    kills: int
    kills_by_part: dict[str, int]
    least_lag: int
    records: int
    sent_again: int
    turns: int
    dead_letters: int
    rows_compared: int
    differences: int
    lost: int
    doubled: int
    altered: int = 0
    calls_asked: int
    calls_distinct: int
    calls_repeated: int
    calls_unexplained: int
    kills_during_a_call: int
    first_row_of_workers: FirstRow | None
    first_row_by_part: dict[str, FirstRow]
    seconds: float


class Canary(Entry):
    """The stock agent, killed in the same manner: the workload and the kills find what they are to find."""

    kills: int
    turns: int
    lost: int
    doubled: int


class Report(Entry):
    """The file."""

    totals: Totals
    canary: Canary | None = None
    failed: tuple[Failed, ...] = ()
    rounds: tuple[Round, ...] = ()


def report_of(rounds: Sequence[Round], canary: Canary | None, failed: Sequence[Failed] = ()) -> Report:
    return Report(totals=totals_of(rounds, failed), canary=canary, failed=tuple(failed), rounds=tuple(rounds))


def totals_of(rounds: Sequence[Round], failed: Sequence[Failed] = ()) -> Totals:
    killed = [(part, found) for each in rounds for part, found in each.kills.items()]
    lags = [(part, lag) for part, found in killed for lag in found.lags]
    by_part = {part: [found for of, found in killed if of == part] for part, _ in sorted(killed, key=lambda of: of[0])}
    return Totals(
        rounds=len(rounds),
        failed=len(failed),
        kills=len(lags),
        kills_by_part=dict(sorted(Counter(part for part, _ in lags).items())),
        least_lag=min((lag for _, lag in lags), default=0),
        records=sum(each.records for each in rounds),
        sent_again=sum(each.sent_again for each in rounds),
        turns=sum(each.turns for each in rounds),
        dead_letters=sum(each.dead_letters for each in rounds),
        rows_compared=sum(each.rows_compared for each in rounds),
        differences=sum(each.differences for each in rounds),
        lost=sum(each.lost for each in rounds),
        doubled=sum(each.doubled for each in rounds),
        altered=sum(each.altered for each in rounds),
        calls_asked=sum(each.calls.asked for each in rounds),
        calls_distinct=sum(each.calls.distinct for each in rounds),
        calls_repeated=sum(each.calls.asked - each.calls.distinct for each in rounds),
        calls_unexplained=sum(each.calls.unexplained for each in rounds),
        kills_during_a_call=sum(each.calls.in_kills for each in rounds),
        first_row_of_workers=_first_row(found for part, found in killed if part in NAMES),
        first_row_by_part={part: row for part, found in by_part.items() if (row := _first_row(found))},
        seconds=round(sum(each.seconds for each in rounds), 1),
    )


def _first_row(killed: Iterable[Killed]) -> FirstRow | None:
    known = list(killed)
    took, not_measured = [took for each in known for took in each.first_row_s], sum(each.not_measured for each in known)
    if not took and not not_measured:
        return None
    return FirstRow(
        measured=len(took),
        not_measured=not_measured,
        median_s=round(median(took), 2) if took else None,
        worst_s=max(took, default=None),
    )


def wrong_exits(exits: Mapping[str, Mapping[str, int]]) -> list[str]:
    """Parts that ended by themselves with a code for which a kill is no reason."""
    return [
        f"{part} ended by itself with code {code}, {number} times"
        for part, codes in exits.items()
        for code, number in codes.items()
        if part not in NAMES or int(code) not in MAY_END_WITH
    ]


def read(path: Path) -> Report:
    """What the file holds; an empty report where there is none. Raises ValueError for a file that is no report."""
    return Report.model_validate_json(path.read_bytes()) if path.exists() else report_of([], None)


def write(path: Path, report: Report) -> None:
    """In one step, so that an interrupt leaves the report before. A line for each round."""
    told: dict[str, Any] = report.model_dump(mode="json")
    rounds = ",\n".join(f"  {json.dumps(each)}" for each in told.pop("rounds"))
    head = json.dumps(told, indent=1).removesuffix("\n}")
    beside = path.with_name(f"{path.name}.new")
    beside.write_text(f'{head},\n "rounds": [\n{rounds}\n ]\n}}\n')
    beside.replace(path)
