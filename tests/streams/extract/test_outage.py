"""The stage on a real broker while a real model server is away: nobody else waits, nothing is lost or said twice."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition

from schemas.extraction import Asked, WindowClosed, WindowExtracted, WindowOptions
from streams import codec
from streams.ids import scope_key
from streams.local.kafka import LocalKafka
from tests.model_server import Fail, Hang, ModelServer
from tests.streams.engine.broker import Topics
from tests.streams.engine.workload import PARTITIONS
from tests.streams.extract.windows import window

pytestmark = [pytest.mark.kafka, pytest.mark.kills]
ROOT = Path(__file__).parents[3]
ALWAYS = [Fail(503)] * 1_000
PROMPT = Asked(extractor="openai", model="small", prompt="p1", prompt_text="Say what you learn. Answer in JSON.")


@pytest.fixture
def topics(kafka: LocalKafka) -> Topics:
    logs = ("extractions", "extractions-backfill", "results", "dead-letters")
    return Topics(kafka.address, logs=logs, changelogs=("table",))


class Stage:
    """The stage's process; and what it reads and writes."""

    def __init__(self, topics: Topics, server: ModelServer, folder: Path) -> None:
        self._log, self._topic = folder / "extract.log", topics.named("extractions")
        self._environment = {
            **os.environ,
            "PREFIX": topics.prefix,
            "TURNLOG_KAFKA": topics.address,
            "TURNLOG_PARTITIONS": str(PARTITIONS),
            "TURNLOG_SESSION_TIMEOUT_S": "3",
            "TURNLOG_CALL_PATIENCE_S": "0",
            "TURNLOG_OPENAI_API_KEY": server.key,
            "TURNLOG_OPENAI_BASE_URL": server.url,
        }
        self._producer = Producer({"bootstrap.servers": topics.address, "enable.idempotence": True, "log_level": 0})
        about = {"bootstrap.servers": topics.address, "group.id": "test", "isolation.level": "read_committed"}
        self._consumer = Consumer({**about, "enable.auto.commit": False, "log_level": 0})
        self._consumer.assign([TopicPartition(topics.named("results"), 0, 0)])
        self.results: list[WindowExtracted] = []
        self.start()

    def start(self) -> None:
        with self._log.open("ab") as log:
            command = [sys.executable, "-m", "tests.streams.extract.worker"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=self._environment, stdout=log, stderr=log)

    def send(self, *windows: WindowClosed) -> None:
        for each in windows:
            key = scope_key(each.org_id, each.user_id)
            self._producer.produce(self._topic, codec.encode(each), key, 0)
        assert self._producer.flush(20) == 0

    def told(self) -> list[tuple[str, str, str]]:
        """Everything so far: whose, which, and what came of it."""
        for message in self._consumer.consume(1_000, 0.1):
            if message.error() is None:
                self.results.append(codec.decode_as(WindowExtracted, message.value() or b""))
        return [(part.user_id, part.window_id, part.outcome) for part in self.results]

    def finals(self, user_id: str) -> list[str]:
        return [which for who, which, outcome in self.told() if who == user_id and outcome != "deferred"]

    def until(self, true: Callable[[], bool], limit: float = 40) -> None:
        give_up = time.monotonic() + limit
        while not true():
            assert self.process.poll() is None, self._log.read_text()[-3_000:]
            assert time.monotonic() < give_up, f"{self.told()}\n{self._log.read_text()[-3_000:]}"
            time.sleep(0.05)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def said(who: str, text: str, model: str | None = None) -> WindowClosed:
    made = window(text, user_id=who, options=WindowOptions(model=model))
    return made.model_copy(update={"asked": PROMPT})


def test_one_models_outage_over_kills_and_stops_holds_up_nobody_else(topics: Topics, tmp_path: Path) -> None:
    anns = [said("ann", f"Marble {n} is mine.") for n in range(4)]
    bobs = [said("bob", f"Copper {n} is mine.", model="other") for n in range(3)]
    with ModelServer() as server, Stage(topics, server, tmp_path) as stage:
        server.script("Marble", *ALWAYS)
        stage.send(*anns[:2], bobs[0])
        stage.until(lambda: len(stage.told()) == 3)
        assert stage.finals("bob") == [bobs[0].window_id]

        stage.process.kill()  # in an outage
        stage.process.wait()
        stage.send(anns[2], bobs[1])
        stage.start()
        stage.until(lambda: stage.finals("bob") == [each.window_id for each in bobs[:2]])

        server.forget("Marble")
        server.script("Marble", Hang(60))
        asked = len(server.asked("Marble"))
        stage.until(lambda: len(server.asked("Marble")) > asked)
        started = time.monotonic()
        stage.process.terminate()
        assert stage.process.wait(20) == 0
        assert time.monotonic() - started < 10

        stage.send(anns[3], bobs[2])
        stage.start()
        wanted = [each.window_id for each in anns]
        stage.until(lambda: len(stage.finals("ann")) >= len(wanted))
        stage.until(lambda: len(stage.finals("bob")) == 3)
        time.sleep(1.5)
        assert stage.finals("ann") == wanted, "in order, each once"
        assert stage.finals("bob") == [each.window_id for each in bobs]
        deferred = [which for who, which, outcome in stage.told() if outcome == "deferred"]
        assert set(deferred) <= set(wanted)
        assert len(deferred) <= 2 * len(wanted), "said once for each reason"
        facts = {candidate.content for part in stage.results for candidate in part.candidates}
        assert len(facts) == 7


def test_calls_in_the_ledger_are_the_calls_that_were_made(topics: Topics, tmp_path: Path) -> None:
    with ModelServer() as server, Stage(topics, server, tmp_path) as stage:
        server.script("Marble", Fail(503), Fail(503), Fail(429, retry_after="1"))
        twice = said("ann", "Marble is mine.")
        stage.send(twice, twice.model_copy(update={"generation": 2}))
        stage.until(lambda: len(stage.finals("ann")) == 2)
        paid = [part for part in stage.results if part.outcome == "extracted" and not part.journal_hit]
        assert len(paid) == 1
        assert paid[0].attempts == len(server.requests) == 4
