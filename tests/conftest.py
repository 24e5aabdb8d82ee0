"""The local broker and database, started once a test run, in folders of its own."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka

# how long an example takes tells of the machine; other examples than last time are for `python -m tests.fuzz`
settings.register_profile("turnlog", deadline=None, derandomize=True)
settings.load_profile("turnlog")

for name in list(os.environ):
    if name.startswith("OPENAI_") or name in ("TURNLOG_EXTRACTOR", "TURNLOG_OPENAI_API_KEY", "TURNLOG_OPENAI_BASE_URL"):
        del os.environ[name]  # a key makes a model the extractor: no test asks one unless it says so
os.environ["TURNLOG_STANDBY"] = "0"  # most stacks are gone before it pays; the soak starts with the default

SHARED = ("contract", "publishers")
"""Folders whose files share a stack."""
DIVIDED = ("test_matrix.py", "test_broker.py")
"""Files whose tests take minutes each and share little."""


class ByFile(LoadScopeScheduling):  # type: ignore[misc]
    """Where tests run side by side, a file stays together, mostly, and so does a folder that shares its services."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.split("::")[0])
        if file.name in DIVIDED:
            return nodeid
        return file.parent.name if file.parent.name in SHARED else str(file)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What kills takes longest, so it begins."""
    items.sort(key=lambda item: item.get_closest_marker("kills") is None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByFile:
    return ByFile(config, log)


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Real Apache Kafka, one node; tests name their topics so that they do not meet."""
    with LocalKafka(Path(tmp_path_factory.mktemp("kafka"))) as broker:
        yield broker


@pytest.fixture(scope="session")
def clickhouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalClickHouse]:
    """The real ClickHouse engine behind HTTP; tests use databases of their own."""
    with LocalClickHouse(Path(tmp_path_factory.mktemp("clickhouse"))) as server:
        yield server
