"""What one run brought: differences between after and before, and the equations that must hold between them."""

from collections.abc import Mapping
from typing import NamedTuple

from schemas.job import END_STATES
from streams.demo.queries import Counted
from streams.query.results import Totals


class RunTotals(NamedTuple):
    """The last line of `turnlog demo --json`. `extractions` were computed by an extractor in this run."""

    published: int
    accepted: int
    resubmitted: int
    refused: int
    controls: int
    turns: int
    turns_duplicate: int
    turns_conflicting: int
    dead_letters: int
    windows: int
    extractions: int
    journal_hits: int
    facts: int
    jobs: Mapping[str, int]
    seconds: float


class Equation(NamedTuple):
    """Two sides that must be equal at any quiet moment."""

    name: str
    number: int
    parts: Mapping[str, int]

    @property
    def holds(self) -> bool:
        return self.number == sum(self.parts.values())

    def __str__(self) -> str:
        sign = "=" if self.holds else "≠"
        told = " + ".join(f"{name} {number:,}" for name, number in self.parts.items())
        return f"{self.name} {self.number:,} {sign} {told}"


def subtract(after: Counted, before: Counted) -> Counted:
    """What came between two moments; job states without a change are left out."""
    late, early = after.totals, before.totals
    jobs = {state: late.jobs.get(state, 0) - early.jobs.get(state, 0) for state in {**early.jobs, **late.jobs}}
    numbers = {name: getattr(late, name) - getattr(early, name) for name in Totals._fields if name != "jobs"}
    changed = {state: number for state, number in jobs.items() if number}
    return Counted(Totals(**numbers, jobs=changed), after.turns_tried - before.turns_tried)


def equations(submissions: int, controls: int, counted: Counted) -> tuple[Equation, ...]:
    """Everything that was published and acknowledged is accounted for; so is every turn of what was accepted."""
    totals = counted.totals
    turns = {
        "stored": totals.turns_stored,
        "duplicate": totals.turns_duplicate,
        "conflicting": totals.turns_conflicting,
    }
    if counted.turns_tried:
        turns["dry run"] = counted.turns_tried
    sent = {"accepted": totals.accepted, "resubmitted": totals.resubmitted, "refused": totals.refused}
    return (
        Equation("submissions published", submissions, sent),
        Equation("control records", controls, {"taken": totals.controls, "refused": totals.controls_refused}),
        Equation("turns in accepted submissions", totals.turns_in, turns),
    )


def run_totals(submissions: int, counted: Counted, seconds: float) -> RunTotals:
    """The totals of a run as they are told."""
    totals = counted.totals
    return RunTotals(
        published=submissions,
        accepted=totals.accepted,
        resubmitted=totals.resubmitted,
        refused=totals.refused,
        controls=totals.controls + totals.controls_refused,
        turns=totals.turns_stored,
        turns_duplicate=totals.turns_duplicate,
        turns_conflicting=totals.turns_conflicting,
        dead_letters=totals.dead_letters,
        windows=totals.windows_resolved,
        extractions=totals.computed,
        journal_hits=totals.journal_hits,
        facts=totals.facts,
        jobs=dict(totals.jobs),
        seconds=round(seconds, 3),
    )


def open_jobs(jobs: Mapping[str, int]) -> dict[str, int]:
    """Those states that are no end, with their numbers."""
    return {state: number for state, number in jobs.items() if state not in END_STATES}
