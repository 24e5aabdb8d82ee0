"""The results as pictures: turns a second of everybody, with the spread over the rounds; and what grows how."""

from pathlib import Path
from statistics import median

import matplotlib

from tests.benchmarks import growth
from tests.benchmarks.results import Results
from tests.benchmarks.targets import SHAPE_NAMES

OURS, OTHERS = "#2b6cb0", "#a0aec0"
ROW_INCHES = 0.32


def plot(results: Results, path: Path) -> None:
    """Write a PNG; nothing where no peers were measured."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names = {shape: contenders_in(results, shape) for shape in SHAPE_NAMES}
    names = {shape: those for shape, those in names.items() if those}
    if not names:
        return
    heights = [len(those) for those in names.values()]
    figure, axes = pyplot.subplots(
        len(names),
        squeeze=False,
        figsize=(9, ROW_INCHES * sum(heights) + 1.2 * len(names)),
        gridspec_kw={"height_ratios": heights},
        layout="constrained",
    )
    for axis, (shape, those) in zip(axes[:, 0], names.items(), strict=True):
        rates = [results.rates(name, shape) for name in those]
        middles = [median(values) for values in rates]
        errors = [
            [middle - min(values) for middle, values in zip(middles, rates, strict=True)],
            [max(values) - middle for middle, values in zip(middles, rates, strict=True)],
        ]
        colours = [OURS if name.startswith("turnlog") else OTHERS for name in those]
        axis.barh(those, middles, xerr=errors, color=colours, capsize=2)
        axis.invert_yaxis()
        axis.set_title(SHAPE_NAMES[shape], loc="left", fontsize=10)
        axis.set_xlabel("turns a second")
        axis.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def plot_growth(results: Results, path: Path) -> None:
    """Write a PNG: CPU a turn, worker and broker, against what there is more of; nothing where none was measured."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    lines = grown(results)
    if not lines:
        return
    figure, axes = pyplot.subplots(1, len(lines), squeeze=False, figsize=(3.2 * len(lines), 3), layout="constrained")
    for axis, (name, points) in zip(axes[0], lines.items(), strict=True):
        sizes, workers, brokers = zip(*sorted(points), strict=True)
        axis.plot(sizes, workers, marker="o", color=OURS, label="worker")
        axis.plot(sizes, brokers, marker="o", color=OTHERS, label="broker")
        axis.set_xscale("log")
        axis.set_xticks(sizes, [f"{size:,.0f}" for size in sizes], fontsize=8)
        axis.minorticks_off()
        axis.set_ylim(bottom=0)
        axis.set_xlabel(name)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0][0].set_ylabel("microseconds of CPU a turn")
    axes[0][0].legend(frameon=False)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)


def grown(results: Results) -> dict[str, list[tuple[float, float, float]]]:
    """For each thing that grows: how many of it, and CPU a turn of the worker and of the broker."""
    found: dict[str, list[tuple[float, float, float]]] = {}
    turns = int(results.asked.get(growth.PART, f"{growth.TURNS} turns").split()[0])
    for case in growth.cases(turns):
        trials = [t for t in results.trials if (t.part, t.shape) == (growth.PART, case.name) and not t.failed]
        if case.grows and trials:
            worker, broker = median(t.cpu for t in trials), median(t.broker_cpu for t in trials)
            found.setdefault(case.grows, []).append((case.to, worker * 10, broker * 10))
    return found


def contenders_in(results: Results, shape: str) -> list[str]:
    names = dict.fromkeys(t.contender for t in results.trials if t.part == "peers" and t.shape == shape)
    return sorted(names, key=lambda name: -max(results.rates(name, shape), default=0.0)) if names else []
