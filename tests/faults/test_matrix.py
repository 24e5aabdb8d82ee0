"""The kill matrix: every stage ends at every place where it can, and the dump and the ledger of calls are as if not.

TURNLOG_MATRIX=all      every cell, with one worker and with two
TURNLOG_MATRIX=7        a third of them, drawn with seed 7, half with one worker; without it, with seed 1
"""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from streams.topology import STAGES
from tests.deployment.production import ROOT
from tests.faults.cells import CELLS, TICKING, TOLD, Cell, chosen
from tests.faults.harness import Outcome, Undisturbed, run_disturbed

REACHED = re.compile(r'failpoints\.reach\("(\w+)"\)')
ENGINE = {"stage": ("lane", "stage_lane", "transaction"), "writer": ("lane", "writer_lane")}


@pytest.mark.kafka
@pytest.mark.clickhouse
@pytest.mark.kills
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("workers", [1, 2], ids=["one worker", "two workers"])
def test_a_stage_that_ends_anywhere_changes_nothing_and_pays_nothing_twice(
    clickhouse: LocalClickHouse, undisturbed: Undisturbed, tmp_path: Path, workers: int
) -> None:
    cells = chosen(workers)
    found = run_disturbed(tmp_path, clickhouse, undisturbed.records, cells, workers=workers)
    tell(cells, found, workers)
    assert undisturbed.told(found) == {}


def tell(cells: Sequence[Cell], found: Outcome, workers: int) -> None:
    """For whoever has to find out what went wrong."""
    print(f"TURNLOG_MATRIX={TOLD} python3 infra/start.py test {Path(__file__).relative_to(ROOT)} ({workers} workers)")
    for cell in cells:
        print(found.fired.get(cell, "not fired"), cell)


def test_every_place_that_the_code_names_is_in_the_matrix_for_every_stage_that_passes_it() -> None:
    named = {path: set(REACHED.findall(path.read_text(encoding="utf-8"))) for path in (ROOT / "streams").rglob("*.py")}
    passed = {
        (stage.name, point)
        for stage in STAGES
        for path, points in named.items()
        for point in points
        if passes(stage.name, stage.has_table, path) and (point != "tick" or stage.name in TICKING)
    }
    assert passed == {(cell.stage, cell.point) for cell in CELLS}


def passes(stage: str, has_table: bool, path: Path) -> bool:
    folder, name = path.parent.name, path.stem
    if folder == "engine":
        return name in ENGINE["stage" if has_table else "writer"]
    return folder == stage.split("-")[0]
