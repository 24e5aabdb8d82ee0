"""How large a cluster has to be, from what the whole path took for a turn on this machine.

processes of a stage = turns a second x its CPU a turn / BUSY, and at least one
cores                = CPU of all stages, of Kafka and of ClickHouse a turn x turns a second / BUSY
disk a day           = bytes a turn x turns a second x 86,400, on Kafka for each replica
"""

import math
from collections.abc import Iterator
from statistics import median

from streams.topology import NAMES
from tests.benchmarks.path import PART
from tests.benchmarks.results import Results

RATES = (10_000, 100_000)
BUSY = 0.6
"""How much of a core a process may take at the busiest hour: the rest is for what was left behind after a failure."""
REPLICAS = 3
DAY_S = 86_400
SERVICES = ("kafka", "clickhouse")


def sizing(results: Results) -> Iterator[str]:
    """Nothing where the path was not measured."""
    cpu = {name: middle(results, f"CPU of {name}") for name in (*NAMES, *SERVICES)}
    if not any(cpu.values()):
        return
    topics = sum(middle(results, name) for name in names(results) if name.startswith("topic "))
    rows = middle(results, "rows in ClickHouse")
    yield "### A cluster for so many turns a second"
    yield ""
    yield (
        f"One turn a record and `rules`, as measured for the whole path. A process may take {BUSY:.0%} of a core: "
        f"processes of a stage = turns/s x CPU a turn / {BUSY}. Kafka and ClickHouse: cores of all their nodes, "
        f"measured with one replica. Kafka keeps {REPLICAS} replicas of what is written in a day; topics that are "
        "compacted or have a retention keep less than the sum of days."
    )
    yield ""
    yield "| | a turn | " + " | ".join(f"{rate:,} turns/s" for rate in RATES) + " |"
    yield "|---|---:|" + "---:|" * len(RATES)
    for name in NAMES:
        yield line(f"{name}, processes", f"{cpu[name]:.0f} us", [f"{processes(cpu[name], rate)}" for rate in RATES])
    for name in SERVICES:
        yield line(f"{name}, cores", f"{cpu[name]:.0f} us", [f"{cores(cpu[name], rate):.1f}" for rate in RATES])
    whole = sum(cpu.values())
    yield line("all cores", f"{whole:.0f} us", [f"{cores(whole, rate):.1f}" for rate in RATES])
    most = max(cpu[name] for name in NAMES)
    yield line("partitions, at least", "", [f"{partitions(processes(most, rate))}" for rate in RATES])
    yield line("written to Kafka", f"{topics:,.0f} bytes", [f"{topics * rate / 1e6:,.0f} MB/s" for rate in RATES])
    disk = [f"{topics * rate * DAY_S * REPLICAS / 1e12:,.1f} TB a day" for rate in RATES]
    yield line(f"Kafka's disks, {REPLICAS} replicas", "", disk)
    yield line(
        "ClickHouse's disk", f"{rows:,.0f} bytes", [f"{rows * rate * DAY_S / 1e12:,.2f} TB a day" for rate in RATES]
    )
    yield ""


def line(*cells: str | list[str]) -> str:
    flat = [text for cell in cells for text in ([cell] if isinstance(cell, str) else cell)]
    return f"| {' | '.join(flat)} |"


def cores(us: float, rate: int) -> float:
    return us * rate / 1e6 / BUSY


def processes(us: float, rate: int) -> int:
    """At least one, for it is a stage that has to run."""
    return max(1, math.ceil(cores(us, rate)))


def partitions(processes: int) -> int:
    """Twice as many as the largest stage has processes, so that they share them evenly; a power of two."""
    return max(8, 1 << math.ceil(math.log2(2 * processes)))


def names(results: Results) -> list[str]:
    return list(dict.fromkeys(figure.name for figure in results.figures if figure.part == PART))


def middle(results: Results, name: str) -> float:
    values = results.values(PART, name)
    return median(values) if values else 0.0
