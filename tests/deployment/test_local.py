"""Local mode as its users meet it: SQL tools that are not ours attach, and a topic changed by hand is no dead end."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy

from streams.adapters.clickhouse import Database
from streams.adapters.kafka import KafkaAdmin
from tests.integration.local import Local

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]
HELLO = '{"org_id":"acme","user_id":"ann","options":{"flush":true},"turns":[{"role":"user","text":"I live in Oslo."}]}'
CLIENT = "@clickhouse/client@1.23.1"
QUERIES = {
    file.name: file.read_text(encoding="utf-8")
    for file in (files("infra.clickhouse") / "queries").iterdir()
    if file.name.endswith(".sql")
}
VALUES: dict[str, Any] = {"org_id": "acme", "user_id": "ann", "limit": 10, "at_least": 0.5, "minutes": 1}
OF_TYPE = {"String": "", "Date": "2020-01-01", "DateTime64(3, 'UTC')": "2020-01-01 00:00:00.000"}
"""What a query is asked with: by the parameter's name, else by its type."""


def parameters(query: str) -> dict[str, Any]:
    found = re.findall(r"\{(\w+):([^}]+)\}", query)
    return {name: VALUES[name] if name in VALUES else OF_TYPE[kind] for name, kind in found}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    folder = tmp_path_factory.mktemp("tools")
    with Local(folder / "state", TURNLOG_PARTITIONS="2") as running:
        (folder / "hello.jsonl").write_text(HELLO)
        running("publish", str(folder / "hello.jsonl"))
        running.wait_until_quiet(1)
        yield running


def where(local: Local, service: str) -> str:
    return str(json.loads((local.folder / "run.json").read_text())["about"][service])


def ask_ourselves(local: Local, query: str) -> list[dict[str, Any]]:
    database = Database(where(local, "clickhouse"), database="turnlog")
    try:
        return database.query(query, parameters(query))
    finally:
        database.close()


def test_sqlalchemy_with_the_dialect_of_clickhouse_asks_the_views(local: Local) -> None:
    place = where(local, "clickhouse").removeprefix("http://")
    engine = sqlalchemy.create_engine(f"clickhousedb://default@{place}/turnlog")
    with engine.connect() as connection:
        assert {"facts", "jobs", "turns"} <= set(sqlalchemy.inspect(engine).get_view_names(schema="turnlog"))
        facts = sqlalchemy.Table("facts", sqlalchemy.MetaData(), autoload_with=engine, schema="turnlog")
        found = connection.execute(sqlalchemy.select(facts.c.content).where(facts.c.org_id == "acme")).scalars().all()
        assert any("Oslo" in content for content in found)
        bound = connection.execute(sqlalchemy.text("SELECT count() FROM jobs WHERE org_id = :org"), {"org": "acme"})
        assert bound.scalar() == 1
        for name, query in QUERIES.items():
            rows = connection.exec_driver_sql(query, parameters(query)).all()
            assert len(rows) == len(ask_ourselves(local, query)), name
    engine.dispose()


def test_the_client_for_node_asks_the_views(local: Local, tmp_path: Path) -> None:
    module = install_client(tmp_path)
    asked = [[query, parameters(query)] for query in QUERIES.values()]
    done = subprocess.run(
        ["node", Path(__file__).with_name("ask.mjs"), module, where(local, "clickhouse"), "turnlog"],
        input=json.dumps(asked), capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    answers: list[list[dict[str, Any]]] = told["answers"]
    assert (told["rows"], told["alive"], len(answers)) == (200_000, True, len(asked))
    for name, query, rows in zip(QUERIES, QUERIES.values(), answers, strict=True):
        assert len(rows) == len(ask_ourselves(local, query)), name
    told_of_ann = answers[list(QUERIES).index("facts_of_a_user.sql")]
    assert "Oslo" in told_of_ann[0]["content"]


def install_client(folder: Path) -> Path:
    """The client's module; kept between runs where `TURNLOG_NODE_MODULES` names a folder."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("needs node and npm")
    home = Path(os.environ.get("TURNLOG_NODE_MODULES", folder))
    module = home / "node_modules" / "@clickhouse" / "client" / "dist" / "index.js"
    if not module.is_file():
        install = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(home), CLIENT]
        done = subprocess.run(install, capture_output=True, text=True, timeout=120)
        if done.returncode and re.search("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ETIMEDOUT|network", done.stderr):
            pytest.skip("the package registry cannot be reached")
        assert done.returncode == 0, done.stderr
    return module


async def test_a_topic_changed_by_hand_is_set_right_by_the_next_up_and_other_partitions_are_refused(
    local: Local,
) -> None:
    async with KafkaAdmin(where(local, "kafka")) as kafka:
        await kafka.alter("conversations", {"retention.ms": "86400000"})
    told = local.run("topics", "ensure")
    assert (told.returncode, "turnlog topics ensure --alter" in told.stderr) == (3, True)
    local("down")

    local.environment["TURNLOG_PARTITIONS"] = "3"
    refused = local.run("up")
    assert (refused.returncode, "set TURNLOG_PARTITIONS=2" in refused.stderr) == (3, True)

    local.environment["TURNLOG_PARTITIONS"] = "2"
    local("up")
    assert "set right: conversations: retention.ms was 86400000" in (local.folder / "logs/supervisor.log").read_text()
    assert "verified  conversations" in local("topics", "ensure")
