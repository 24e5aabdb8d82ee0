"""What an operator does to a running turnlog: another version beside the old one, back again, the database anew."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import orjson
import pytest

from schemas.topics import app_id
from streams.adapters.kafka import KafkaAdmin
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.kafka import LocalKafka
from streams.topology import NAMES
from tests.deployment.production import Production, Worker, copy_version

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(900)]
CITIES = ("Berlin", "Oslo", "Lisbon", "Turin", "Ghent", "Porto")
PEOPLE = 24
SINKS = ("sink", "sink-facts")
FIELD = '    since_next: str = ""\n'
EVENTS = (("log", "SubmissionAccepted"), ("extraction", "WindowExtracted"), ("fact", "FactRecorded"))
NAMED = [event for _, event in EVENTS]
CODEC = "streams/codec.py"
NEXT = {
    f"schemas/{file}.py": (line := f'    event: Literal["{event}"] = "{event}"\n', line + FIELD)
    for file, event in EVENTS
} | {
    CODEC: (
        line := '    return b"%b" % orjson.dumps(value, option=option)\n',
        f'    if isinstance(value, dict) and value.get("event") in {NAMED}:\n'
        f'        value = {{**value, "since_next": "yes"}}\n{line}',
    ),
}
"""The next version: three events with one more optional field, which it always writes."""
ENCODED = '    return b"%b,%b" % (_BEGINNINGS[type(event)], fields[1:])\n'
ENCODED_NEXT = (
    f'    begins = _BEGINNINGS[type(event)] + b\',"since_next":"yes"\' * (type(event).__name__ in {NAMED})\n'
    '    return b"%b,%b" % (begins, fields[1:])\n'
)


@pytest.fixture(scope="module")
def production(clickhouse: LocalClickHouse, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Production]:
    """Topics and tables are ready; no worker runs."""
    folder = tmp_path_factory.mktemp("production")
    with LocalKafka(folder / "kafka") as kafka:
        services = Production(folder, kafka, clickhouse, TURNLOG_CLICKHOUSE_DATABASE="rollout")
        services("topics", "ensure")
        services("migrate")
        yield services
        for database in ("rollout", "rollout_data"):
            services.execute(f"DROP DATABASE IF EXISTS {database} SYNC")


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    version = copy_version(tmp_path_factory.mktemp("newer"), NEXT)
    text = (version / CODEC).read_text()
    assert text.count(ENCODED) == 1
    (version / CODEC).write_text(text.replace(ENCODED, ENCODED_NEXT))
    return version


def publish(production: Production, *numbers: int) -> None:
    """In each of these rounds everybody moves to another city."""
    file = production.folder / "some.jsonl"
    file.write_bytes(b"".join(submission(person, number) for number in numbers for person in range(PEOPLE)))
    production("publish", str(file))


def submission(person: int, number: int) -> bytes:
    text = f"I live in {CITIES[number % len(CITIES)]}."
    turn = {"role": "user", "text": text, "event_id": f"{number}", "timestamp": 1_760_000_000_000 + number}
    scope = {"org_id": "acme", "user_id": f"p{person}", "session_id": "s"}
    return orjson.dumps({**scope, "turns": [turn], "options": {"flush": True}}) + b"\n"


def wait_for(production: Production, rounds: int, *workers: Worker) -> None:
    """Until every turn of so many rounds is stored and every job has ended."""
    wanted, deadline = PEOPLE * rounds, time.monotonic() + 300
    while (found := counts(production)) != {"turns": wanted, "ended": wanted, "facts": wanted}:
        logs = "\n".join(worker.log.read_text()[-2000:] for worker in workers)
        assert time.monotonic() < deadline, f"{found}, wanted {wanted}\n{logs}"
        time.sleep(0.5)


def counts(production: Production) -> dict[str, int]:
    (row,) = production.sql(
        "SELECT (SELECT count() FROM rollout.turns) AS turns, (SELECT count() FROM rollout.facts) AS facts,"
        " (SELECT countIf(state = 'completed') FROM rollout.jobs) AS ended"
    )
    return row


def members(production: Production, stages: Sequence[str]) -> set[int]:
    """How many workers the stages have: one number when all have as many."""

    async def ask() -> set[int]:
        async with KafkaAdmin(production.environment["TURNLOG_KAFKA"]) as kafka:
            return {await kafka.members(app_id(name, 1)) for name in stages}

    return asyncio.run(ask())


def wait_for_members(production: Production, wanted: int, *, of: Sequence[str] = NAMES) -> None:
    deadline = time.monotonic() + 240
    while (found := members(production, of)) != {wanted}:
        assert time.monotonic() < deadline, f"{found} members, wanted {wanted}"
        time.sleep(0.5)


def wait_for_lanes(worker: Worker) -> None:
    """A member has its share of the partitions only once the group has agreed on it."""
    deadline = time.monotonic() + 240
    while missing := [name for name in NAMES if f"action=lane_opened stage={name} " not in worker.log.read_text()]:
        assert time.monotonic() < deadline, f"{missing} have no partitions\n{worker.log.read_text()[-2000:]}"
        time.sleep(0.2)


def wait_until_read(production: Production, *stages: str) -> None:
    """A worker that was stopped leaves what it has not read yet to the next one."""
    deadline = time.monotonic() + 120
    while any(lags := [lag_of(production, stage) for stage in stages]):
        assert time.monotonic() < deadline, lags
        time.sleep(0.5)


def lag_of(production: Production, stage: str) -> int:
    lag: int = orjson.loads(production.run("status", "--json").stdout)["stages"][stage]["lag"]
    return lag


def test_old_and_new_workers_run_side_by_side_and_either_takes_over_from_the_other(
    production: Production, newer: Path
) -> None:
    with ExitStack() as workers:
        old = workers.enter_context(production.worker("old"))
        wait_for_lanes(old)  # which of two that start together gets the partitions first is open
        new = workers.enter_context(production.worker("new", of=newer))
        wait_for_members(production, 2)
        wait_for_lanes(new)
        before = [old.stages(), new.stages()]
        publish(production, 0, 1, 2)
        wait_for(production, 3, old, new)
        for topic in ("conversations", "results", "facts.g1"):
            written = {"since_next" in record for record in production.records(topic)}
            assert written == {True, False}, f"{topic}: only one version wrote"
        assert [old.stages(), new.stages()] == before, "a stage was started again"
        assert {len(stages) for stages in before} == {len(NAMES)}

        assert old.stop() == 0
        publish(production, 3)
        wait_for(production, 4, new)
        assert new.stop() == 0
    with production.worker("back") as back:
        publish(production, 2, 3, 4)  # of which the new version knows two, and the old one has seen one
        wait_for(production, 5, back)
        assert back.stop() == 0
    assert not [worker.log for worker in (old, new, back) if "action=exit" in worker.log.read_text()]
    lives_in = production.sql(
        "SELECT object, count() AS people FROM rollout.facts WHERE status = 'active' GROUP BY ALL"
    )
    assert lives_in == [{"object": CITIES[4], "people": PEOPLE}]


def test_a_lost_database_is_built_again_from_kafka(production: Production) -> None:
    with production.worker("sinks", *SINKS):
        wait_for_members(production, 1, of=SINKS)
        wait_until_read(production, *SINKS)
        expected = production.dump()
        assert len(expected.splitlines()) > PEOPLE * 5
        refused = production.run("rebuild")
        assert (refused.returncode, "stop the workers of these stages first" in refused.stderr) == (3, True)
    for database in ("rollout", "rollout_data"):
        production.execute(f"DROP DATABASE {database} SYNC")
    wait_for_members(production, 0)
    assert production("rebuild").splitlines() == [
        "from the start  turnlog-sink",
        "from the start  turnlog-sink-facts.g1",
    ]
    production("rebuild")  # the second time does no harm
    with production.worker("again", *SINKS) as again:
        wait_for(production, 5, again)
        deadline = time.monotonic() + 60
        while (found := production.dump()) != expected:
            assert time.monotonic() < deadline, (found, expected)
        assert again.stop() == 0
