"""Section 7, INTERNAL: a version each of whose stages crashes at one record. Nobody waits for it, or behind it."""

import asyncio
import re
import socket
import time
from collections.abc import Iterator
from typing import Any
from urllib.request import urlopen

import orjson
import pytest
from aiokafka import AIOKafkaProducer

from streams.ids import scope_key
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from tests.contract.case import submission, turn
from tests.deployment.production import Production, copy_version

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]
STAGES = ("ingest", "window", "extract", "resolve", "sink")
ENDED = "('completed', 'completed_empty', 'failed', 'dead_lettered')"


def raising(line: str, stage: str, of: str = "record.value or b''") -> tuple[str, str]:
    """The line, with an error before it at every record that names the stage."""
    indent = line[: len(line) - len(line.lstrip())]
    return line, f'{indent}if b"crash-{stage}" in ({of}):\n{indent}    raise RuntimeError("what a person said")\n{line}'


CRASHING = {
    "streams/ingest/receive.py": raising("    origin = origin_of(record, seal)\n", "ingest"),
    "streams/window/follow.py": raising('        event: Fields = orjson.loads(record.value or b"")\n', "window"),
    "streams/extract/agents.py": raising("        window = codec.decode(value)\n", "extract"),
    "streams/resolve/agents.py": raising('        event = decode(record.value or b"")\n', "resolve"),
    "streams/sink/rows.py": raising(
        '    event: Json = orjson.loads(record.value or b"{}")\n',
        "sink",
        'record.value if record.topic == "conversations" else b""',
    ),
}


@pytest.fixture(scope="module")
def production(clickhouse: LocalClickHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    folder = tmp_path_factory.mktemp("crashing")
    with socket.create_server(("127.0.0.1", 0)) as free:
        http = "{}:{}".format(*free.getsockname())
    names = {"TURNLOG_CLICKHOUSE_DATABASE": "crashing", "TURNLOG_INSTANCE_ID": "one", "TURNLOG_EXTRACTOR": "rules"}
    names["TURNLOG_HTTP"] = http
    with LocalKafka(folder / "kafka") as kafka:
        services = Production(folder, kafka, clickhouse, **names)
        services("topics", "ensure")
        services("migrate")
        version = copy_version(folder / "version", CRASHING)
        asyncio.run(publish(kafka.address))
        with services.worker("worker", of=version):
            yield services
        for database in ("crashing", "crashing_data"):
            services.execute(f"DROP DATABASE IF EXISTS {database} SYNC")


async def publish(kafka: str) -> None:
    """Somebody before it, one record for each stage to crash at, somebody behind it; each in a scope of its own."""
    async with AIOKafkaProducer(bootstrap_servers=kafka, enable_idempotence=True) as producer:
        for name in ("before", *(f"crash-{stage}" for stage in STAGES), "behind"):
            for partition in range(4):
                fields = submission(turn("I live in Oslo."), job_id=name, org_id="acme", user_id=f"{name} {partition}")
                if name in ("before", "behind") or partition == 0:
                    await producer.send_and_wait(
                        "turns", orjson.dumps(fields), key=scope_key("acme", fields["user_id"]), headers=[("a", b"b")]
                    )


def wait_for(production: Production, query: str, number: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 400
    while len(rows := production.sql(query)) < number:
        assert time.monotonic() < deadline, (rows, (production.folder / "worker.log").read_text()[-5000:])
        time.sleep(0.5)
    return rows


def test_each_stage_gives_up_the_record_that_crashes_it_three_times(production: Production) -> None:
    letters = wait_for(production, "SELECT * FROM crashing.dead_letters ORDER BY stage", len(STAGES))
    assert [letter["stage"] for letter in letters] == sorted(STAGES)
    for letter in letters:
        assert letter["code"] == "INTERNAL"
        assert (letter["attempt"], letter["retryable"], letter["kept"]) == (3, True, True)
        assert letter["message"] == f"INTERNAL: {letter['stage']} raised RuntimeError at this record, 3 times"
        assert f"crash-{letter['stage']}".encode() in bytes(letter["value"], "utf-8")
    by_stage = {letter["stage"]: letter for letter in letters}
    assert by_stage["ingest"]["source_topic"] == "turns"
    assert by_stage["sink"]["source_topic"] == "conversations"
    for stage in STAGES[:4]:
        assert by_stage[stage]["job_id"] == f"crash-{stage}"


def test_its_job_ends_and_all_others_are_done(production: Production) -> None:
    jobs = wait_for(production, f"SELECT * FROM crashing.jobs WHERE state IN {ENDED}", 8 + len(STAGES))
    assert len(jobs) == 8 + len(STAGES)
    ended = {job["job_id"]: job for job in jobs}
    assert ended["crash-ingest"]["state"] == "dead_lettered"
    for stage in ("window", "extract", "resolve"):
        job = ended[f"crash-{stage}"]
        assert (job["state"], job["error"][:9]) == ("failed", "INTERNAL:"), stage
    assert {job["state"] for job in jobs if job["job_id"] in ("before", "behind", "crash-sink")} == {"completed"}
    facts = wait_for(production, "SELECT DISTINCT user_id FROM crashing.facts", 9)
    assert len(facts) == 9, "those before, those behind, and of the record that only sink could not take"


def test_status_and_metrics_tell_of_it(production: Production) -> None:
    told = orjson.loads(production.run("status", "--json").stdout)
    assert told["given_up"] == len(STAGES)
    assert {stage["suspects"] for stage in told["stages"].values()} == {0}, "what was under suspicion is through"
    with urlopen(f"http://{production.environment['TURNLOG_HTTP']}/metrics", timeout=60) as answer:
        text = answer.read().decode()
    letters = dict(re.findall(r'dead_letters_total{code="INTERNAL",stage="([a-z-]+)"} ([0-9.]+)', text))
    exits = dict(re.findall(r'turnlog_exits_total{code="15",stage="([a-z-]+)"} ([0-9.]+)', text))
    stopped = dict(re.findall(r'turnlog_stopped{stage="([a-z-]+)"} ([0-9.]+)', text))
    assert letters == dict.fromkeys(STAGES, "1.0")
    assert exits == dict.fromkeys(STAGES, "3.0")
    assert stopped == dict.fromkeys((*STAGES, "sink-facts"), "0.0")


def test_no_log_tells_what_was_said(production: Production) -> None:
    assert "what a person said" not in (production.folder / "worker.log").read_text().replace(
        'raise RuntimeError("what a person said")', ""
    )
