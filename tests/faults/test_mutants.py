"""The harness is worth something: it turns red for versions of turnlog that have one thing wrong.

TURNLOG_MUTANTS=all tries every mutant; without it the quickest ones.
"""

import os
from pathlib import Path

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from tests.deployment.production import ROOT
from tests.faults.harness import Undisturbed, run_disturbed
from tests.faults.mutants import MUTANTS, Mutant, build, edited

QUICK = ("a sink commits before it inserts",)
TRIED = [mutant for mutant in MUTANTS if mutant.name in QUICK or os.environ.get("TURNLOG_MUTANTS") == "all"]


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_what_a_mutant_changes_is_there(mutant: Mutant) -> None:
    for file, text in edited(mutant.edits).items():
        assert text != (ROOT / file).read_text(encoding="utf-8")
        if file.endswith(".py"):
            compile(text, file, "exec")


@pytest.mark.kafka
@pytest.mark.clickhouse
@pytest.mark.kills
@pytest.mark.timeout(600)
@pytest.mark.parametrize("mutant", TRIED, ids=lambda mutant: mutant.name)
def test_a_mutant_is_told_and_what_is_no_mutant_is_not(
    clickhouse: LocalClickHouse, undisturbed: Undisturbed, tmp_path: Path, mutant: Mutant
) -> None:
    found = run_disturbed(
        tmp_path / "run", clickhouse, undisturbed.records, mutant.cells,
        workers=mutant.workers, version=build(tmp_path / "version", mutant.edits), disturb=mutant.disturb,
        late_s=mutant.late_s,
    )  # fmt: skip
    wrong = undisturbed.told(found)
    assert set(mutant.cells[:1]) <= found.fired.keys(), "nothing was done to it"
    if mutant.red:
        assert wrong.keys() & set(mutant.red)
    else:
        assert wrong.keys() <= {"exits"}, "a worker may end when it is refused, and nothing else"
