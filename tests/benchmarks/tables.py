"""The results as Markdown: who did how much, wanted beside measured, and all other figures."""

from collections.abc import Iterator, Mapping, Sequence
from statistics import median

from tests.benchmarks.results import Results, Trial
from tests.benchmarks.sizing import sizing
from tests.benchmarks.targets import SHAPE_NAMES, targets_of


def markdown(results: Results) -> str:
    return (
        "\n".join([*about(results), *contenders(results), *wanted(results), *sizing(results), *figures(results)]) + "\n"
    )


def about(results: Results) -> Iterator[str]:
    yield f"Machine: {results.machine}. " + ", ".join(f"{name} {version}" for name, version in results.versions.items())
    yield ""
    yield (
        "Medians over interleaved rounds, least and most in brackets. CPU: seconds for 100,000 turns, of the worker and"
        " of the broker. Memory: the worker's, at the most. Changelog: bytes for each byte of a record on `turns`."
    )
    for part, asked in results.asked.items():
        yield f"{part}: {asked}."
    yield ""


def contenders(results: Results) -> Iterator[str]:
    for shape, title in SHAPE_NAMES.items():
        those = [trial for trial in results.trials if (trial.part, trial.shape) == ("peers", shape)]
        names = dict.fromkeys(trial.contender for trial in sorted(those, key=lambda trial: trial.round))
        yield from table(title, {name: [trial for trial in those if trial.contender == name] for name in names})
    cases = dict.fromkeys((trial.shape, trial.contender) for trial in results.trials if trial.part == "growth")
    grown = {
        f"{contender}: {shape}": [
            t for t in results.trials if (t.part, t.shape, t.contender) == ("growth", shape, contender)
        ]
        for shape, contender in cases
    }
    yield from table("More of something", grown)


def table(title: str, rows: Mapping[str, Sequence[Trial]]) -> Iterator[str]:
    if rows:
        yield f"### {title}"
        yield ""
        yield "| | turns/s | CPU | broker CPU | MB | changelog | rounds |"
        yield "|---|---:|---:|---:|---:|---:|---:|"
        for name, trials in rows.items():
            yield row(name, trials)
        yield ""


def row(name: str, trials: Sequence[Trial]) -> str:
    good = [trial for trial in trials if not trial.failed]
    rounds = f"{len(good)}" if len(good) == len(trials) else f"{len(good)} of {len(trials)}"
    if again := sum(1 for trial in good if trial.first_failure):
        rounds += f", {again} at the second attempt"
    if not good:
        return f"| {name} | failed | | | | | {rounds} |"
    sizes = [trial.changelog for trial in good if trial.changelog is not None]
    cells = (
        name,
        spread([trial.rate for trial in good]),
        spread([trial.cpu for trial in good]),
        spread([trial.broker_cpu for trial in good]),
        f"{median(trial.memory for trial in good):,.0f}",
        number(median(sizes)) if sizes else "",
        rounds,
    )
    return f"| {' | '.join(cells)} |"


def wanted(results: Results) -> Iterator[str]:
    yield "### Wanted and measured"
    yield ""
    yield "| | wanted | measured | met |"
    yield "|---|---:|---:|---|"
    for target in targets_of(results):
        sign = "≥" if target.at_least else "≤"
        unit = target.unit if target.unit == "x" else f" {target.unit}"
        found = spread(target.values) if target.values else ""
        note = f" ({target.unfair} rounds unfair to them)" if target.unfair else ""
        yield f"| {target.name} | {sign} {number(target.wanted)}{unit} | {found} | {target.verdict}{note} |"
    yield ""


def figures(results: Results) -> Iterator[str]:
    if results.figures:
        yield "### Other figures"
        yield ""
        yield "| part | | measured | |"
        yield "|---|---|---:|---|"
        for part, name, unit in dict.fromkeys((f.part, f.name, f.unit) for f in results.figures):
            yield f"| {part} | {name} | {spread(results.values(part, name))} | {unit} |"
        yield ""


def spread(values: Sequence[float]) -> str:
    middle = number(median(values))
    return middle if len(values) == 1 else f"{middle} ({number(min(values))} - {number(max(values))})"


def number(value: float) -> str:
    """With the digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
