"""Publishing from the command line to the real broker, and being stopped."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import orjson
import pytest

from streams.adapters.kafka import KafkaAdmin, Place
from streams.cli.exits import ExitCode
from streams.local.child import module_environment
from streams.local.kafka import LocalKafka
from tests.streams.cli.runner import run

pytestmark = pytest.mark.kafka


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "many.jsonl"
    fields = {"org_id": "acme", "turns": [{"role": "user", "text": "hi"}, {"role": "assistant", "text": "ho"}]}
    path.write_bytes(b"\n".join(orjson.dumps({**fields, "user_id": f"u{number}"}) for number in range(50)))
    return path


@pytest.fixture
def about(kafka: LocalKafka) -> dict[str, str]:
    """Settings with topics that are there."""
    about = {"kafka": kafka.address, "generation": "301", "partitions": "3", "turns_topic": "turns-topics"}
    assert run("topics", "ensure", **about).exit_code == 0
    return about


def test_topics_are_made_and_then_verified(about: dict[str, str]) -> None:
    about = about | {"generation": "302"}
    first, second = run("topics", "ensure", **about), run("topics", "ensure", **about)
    assert (first.exit_code, second.exit_code) == (0, 0)
    assert "created   facts.g302" in first.stdout
    assert "created" not in second.stdout
    refused = run("topics", "ensure", **{**about, "partitions": "4"})
    assert refused.exit_code == ExitCode.DIFFERENT
    assert "facts.g302: partitions is 3, must be 4" in refused.stderr


def test_what_was_acknowledged_is_told(about: dict[str, str], file: Path) -> None:
    assert run("publish", file, **about).stdout == "50 of 50 records acknowledged\n"
    result = run("publish", file, "--json", **about)
    told = {"records": 50, "acknowledged": 50, "submissions": 50, "controls": 0, "turns": 100}
    assert (result.exit_code, orjson.loads(result.stdout)) == (0, told)


def test_a_record_that_was_not_acknowledged_is_told_with_its_line(about: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "large.jsonl"
    path.write_bytes(b'{"x": 1}\n' + orjson.dumps({"x": "x" * (3 << 20)}))
    result = run("publish", path, **about)
    assert (result.exit_code, result.stdout) == (ExitCode.INCOMPLETE, "1 of 2 records acknowledged\n")
    assert "line 2: the record is larger than the topic takes" in result.stderr
    assert "Error: 1 records were not acknowledged" in result.stderr


def test_a_topic_that_is_missing_is_told_with_the_way_out(kafka: LocalKafka, file: Path) -> None:
    result = run("publish", file, kafka=kafka.address, turns_topic="nowhere")
    assert result.exit_code == ExitCode.DIFFERENT
    assert "topic nowhere is missing. Run: turnlog topics ensure" in result.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_stops_publishing(about: dict[str, str], file: Path, number: signal.Signals, code: int) -> None:
    before = asyncio.run(count_records(about["kafka"]))
    settings = {f"TURNLOG_{name.upper()}": value for name, value in about.items()}
    process = subprocess.Popen(
        [sys.executable, "-m", "streams", "publish", file, "--rate", "5"],
        env={**os.environ, **module_environment(), **settings},
        # what is started in the background ignores Ctrl-C, and what that starts would too
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL) and None,
    )
    while asyncio.run(count_records(about["kafka"])) == before:
        assert process.poll() is None
        time.sleep(0.1)
    process.send_signal(number)
    assert process.wait(20) == code


async def count_records(kafka: str) -> int:
    async with KafkaAdmin(kafka) as admin:
        return sum((await admin.ends(Place("turns-topics", number) for number in range(3))).values())
