"""What the soak has found so far: an entry for each round, and their totals. Nothing of when, where or by whom."""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from pydantic import BaseModel, ConfigDict

from streams.topology import NAMES


class Entry(BaseModel):
    """A part of the report; what it does not know is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Killed(Entry):
    """The kills of one part: the lag at each, and seconds to the first new row where that was waited for."""

    lags: tuple[int, ...] = ()
    first_row_s: tuple[float, ...] = ()


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
    doubled: int
    calls: Called
    kills: dict[str, Killed]
    exits: dict[str, dict[str, int]]
    """How often parts ended by themselves, by exit code."""
    seconds: float


class FirstRow(Entry):
    """Seconds from a kill to the first new row."""

    measured: int
    median_s: float
    worst_s: float


class Totals(Entry):
    """Sums over all rounds."""

    rounds: int
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
    rounds: tuple[Round, ...] = ()


def report_of(rounds: Sequence[Round], canary: Canary | None) -> Report:
    return Report(totals=totals_of(rounds), canary=canary, rounds=tuple(rounds))


def totals_of(rounds: Sequence[Round]) -> Totals:
    lags = [(part, lag) for each in rounds for part, killed in each.kills.items() for lag in killed.lags]
    rows = [(part, took) for each in rounds for part, killed in each.kills.items() for took in killed.first_row_s]
    by_part = {part: [took for of, took in rows if of == part] for part in sorted({part for part, _ in rows})}
    return Totals(
        rounds=len(rounds),
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
        calls_asked=sum(each.calls.asked for each in rounds),
        calls_distinct=sum(each.calls.distinct for each in rounds),
        calls_repeated=sum(each.calls.asked - each.calls.distinct for each in rounds),
        calls_unexplained=sum(each.calls.unexplained for each in rounds),
        kills_during_a_call=sum(each.calls.in_kills for each in rounds),
        first_row_of_workers=_first_row(took for part, took in rows if part in NAMES),
        first_row_by_part={part: found for part, took in by_part.items() if (found := _first_row(took))},
        seconds=round(sum(each.seconds for each in rounds), 1),
    )


def _first_row(took: Iterable[float]) -> FirstRow | None:
    known = list(took)
    if not known:
        return None
    return FirstRow(measured=len(known), median_s=round(median(known), 2), worst_s=max(known))


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
