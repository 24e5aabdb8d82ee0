"""The example that follows facts prints what was committed, and nothing else."""

import json
import subprocess
import sys
from collections.abc import Iterator
from threading import Timer

import pytest
from confluent_kafka import Producer

from schemas.generate.examples import EXAMPLES
from streams.ids import scope_key
from tests.publishers.clients import FOLDER
from tests.publishers.conftest import Running

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(300)]
PATIENCE_S = 90


@pytest.fixture
def follower(running: Running) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-W", "error", str(FOLDER / "python-aiokafka" / "follow.py")]
    with subprocess.Popen(command, env=dict(running.environment), stdout=subprocess.PIPE, text=True) as process:
        ends = Timer(PATIENCE_S, process.kill)
        ends.start()
        yield process
        ends.cancel()
        process.kill()


def give_up_a_fact(running: Running) -> None:
    """What a worker leaves that is killed in the middle of a chunk."""
    fact = json.loads((EXAMPLES / "FactRecorded.v1.json").read_text()) | {"change": "created", "content": "Given up."}
    producer = Producer({"bootstrap.servers": running.environment["TURNLOG_KAFKA"], "transactional.id": "given-up"})
    producer.init_transactions(30)
    producer.begin_transaction()
    for user in range(50):  # every partition gets some
        producer.produce("facts.g1", json.dumps(fact).encode(), scope_key("acme", f"user-{user}"))
    assert producer.flush(30) == 0
    producer.abort_transaction(30)


def test_a_new_fact_is_printed_and_one_that_was_given_up_is_not(
    running: Running, follower: subprocess.Popen[str]
) -> None:
    give_up_a_fact(running)
    turns = [{"role": "user", "name": "Mia", "text": "I live in Oslo.", "event_id": "1"}]
    said = {"org_id": "followed", "user_id": "mia", "turns": turns, "options": {"flush": True}}
    producer = Producer({"bootstrap.servers": running.environment["TURNLOG_KAFKA"]})
    producer.produce("turns", json.dumps(said).encode(), scope_key("followed", "mia"))
    assert producer.flush(30) == 0
    assert follower.stdout is not None
    printed: list[dict[str, str]] = []
    while not printed or printed[-1]["scope"] != "followed/mia":
        line = follower.stdout.readline()
        assert line, f"the example ended, or nothing came for {PATIENCE_S} s"
        printed.append(json.loads(line))
    assert printed[-1]["content"] == "Mia lives in Oslo."
    assert "Given up." not in [fact["content"] for fact in printed]
