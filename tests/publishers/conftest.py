"""The product on this machine, and a look at its database."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import clickhouse_connect
import pytest

from tests.integration.local import Local


class Running(NamedTuple):
    """Where turnlog runs. `ask`: a query's rows."""

    local: Local
    environment: Mapping[str, str]
    ask: Callable[..., list[tuple[Any, ...]]]


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with Local(tmp_path_factory.mktemp("publishers")) as local:
        exports = dict(line.removeprefix("export ").split("=", 1) for line in local("up").splitlines())
        client = clickhouse_connect.get_client(dsn=exports["TURNLOG_CLICKHOUSE"])

        def ask(query: str, **parameters: object) -> list[tuple[Any, ...]]:
            return list(client.query(query, parameters=parameters).result_rows)

        yield Running(local, local.environment | exports, ask)
        client.close()
