"""A run in which nothing happens: what all others over the same records are compared with."""

import pytest

from streams.local.clickhouse.local import LocalClickHouse
from tests.faults.cells import EVERYTHING
from tests.faults.cluster_load import workload
from tests.faults.harness import Undisturbed, run_disturbed

RECORDS = 8000 if EVERYTHING else 1000
"""Enough that some are left when the last failpoint fires."""


@pytest.fixture(scope="session")
def undisturbed(clickhouse: LocalClickHouse, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    records = workload(RECORDS)
    found = run_disturbed(tmp_path_factory.mktemp("undisturbed"), clickhouse, records, quick=True)
    assert found.wrong.keys() <= {"fired"}, f"undisturbed, and yet: {found.wrong}"
    return Undisturbed(records, found.lines)
