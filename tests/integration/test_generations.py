"""A second generation over the same log: nothing is computed again, everything is the same, and readers change at once.

TURNLOG_REPLAY_INPUT names a file to do it with instead of the small workload; README says with which it was done.
"""

import difflib
import os
import random
import re
import subprocess
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from tests.integration.beside import (
    Beside,
    dumped,
    lines_of,
    listed,
    query,
    settings_of,
    wait_until_healthy,
    wait_until_quiet,
)
from tests.integration.local import Local
from tests.model_server.server import ModelServer
from tests.workload import Sent, as_line, conversations

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.kills, pytest.mark.timeout(3600)]

INPUT = os.environ.get("TURNLOG_REPLAY_INPUT", "")
GAP_S = 4
TURNS = 300
LIVE_TURNS = 120
MODEL_TURNS = 80
SETTINGS = {
    "TURNLOG_PARTITIONS": "2",
    "TURNLOG_WINDOW_GAP_S": str(GAP_S),
    "TURNLOG_WINDOW_AGE_S": "100000000",
    "TURNLOG_WINDOW_TURNS": "5",
    "TURNLOG_HASH_KEY": "of the test",
}
"""Idle conversations are closed by ticks while the test runs."""


PAID = "(tokens_in|tokens_out|tokens_cached|cost_micros|cost_usd)"


class Window(NamedTuple):
    """A row of the ledger."""

    session_id: str
    window_id: str
    extraction_key: str
    closed_by: str
    computed: bool


def records(turns: int, seed: int) -> Iterator[Sent]:
    """Resends, conflicts, mis-keyed and malformed records, said a moment apart; half of the conversations just stop."""
    for sent in conversations(turns, seed=seed, scopes=12):
        body: dict[str, Any] = orjson.loads(sent.value) if sent.value.endswith(b"}") else {"turns": ()}
        if body.get("type") == "session_ended" and body["user_id"][-1] in "02468":
            continue
        for turn in body["turns"] if isinstance(body.get("turns"), list) else ():
            turn["timestamp"] = 1_760_000_000_000 + (turn["timestamp"] - 1_760_000_000_000) // 1_000
        yield sent if not isinstance(body.get("turns"), list) else sent._replace(value=orjson.dumps(body))


def written(path: Path, turns: int, seed: int) -> Path:
    path.write_bytes(b"".join(as_line(sent) for sent in records(turns, seed)))
    return path


def ledger(local: Local, generation: int) -> list[Window]:
    """Its windows, each once, in an order of their own."""
    rows = query(
        local,
        "SELECT session_id, window_id, extraction_key, closed_by, attempts > 0 AND NOT journal_hit AS computed "
        f"FROM turnlog_data.extractions FINAL WHERE generation = {generation} ORDER BY ALL",
    )
    return [Window(**row | {"computed": bool(row["computed"])}) for row in rows]


def ids(windows: list[Window]) -> list[tuple[str, str]]:
    return [(window.window_id, window.extraction_key) for window in windows]


def unpaid(lines: list[str]) -> list[str]:
    """Without what was paid: that stands in the generation that paid it."""
    return [re.sub(rf'"{PAID}":[^,]+,', "", line) for line in lines]


def differences(expected: list[str], found: list[str]) -> str:
    return "\n".join(islice(difflib.unified_diff(expected, found, "live", "second", n=0, lineterm=""), 20))


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with Local(tmp_path_factory.mktemp("generations"), **SETTINGS, TURNLOG_EXTRACTOR="rules") as local:
        yield local


@pytest.fixture(scope="module")
def history(local: Local, tmp_path_factory: pytest.TempPathFactory) -> int:
    """What was published before anybody thought of a second generation -> how many records."""
    path = Path(INPUT) if INPUT else written(tmp_path_factory.mktemp("history") / "records.jsonl", TURNS, seed=1)
    told = orjson.loads(local("publish", "--json", str(path)))
    wait_until_quiet(local, told["acknowledged"])
    return int(told["acknowledged"])


def test_a_generation_without_topics_is_refused_with_the_command(local: Local, history: int) -> None:
    refused = Beside(local, 2).run("worker")
    assert refused.returncode == 3
    assert "facts.g2 is missing. Run: TURNLOG_GENERATION=2 turnlog topics ensure" in refused.stderr
    unknown = local.run("generations", "promote", "2")
    assert (unknown.returncode, "there is no generation 2" in unknown.stderr) == (3, True)


def test_a_second_generation_is_the_same_through_kills_and_live_traffic(
    local: Local, history: int, tmp_path: Path
) -> None:
    """With nothing computed again: what the journal holds is not asked, whoever asks and whoever dies."""
    Beside(local, 2)("topics", "ensure")
    early = local.run("generations", "promote", "2", "--wait", "0")
    assert (early.returncode, "has not caught up" in early.stderr) == (5, True)
    of_history = ids(ledger(local, 1))
    with Beside(local, 2) as second:
        second.wait_for_stages({"window", "resolve", "sink-facts"})
        live = written(tmp_path / "live.jsonl", LIVE_TURNS, seed=2)
        publisher = local.start("publish", str(live), "--rate", "20")
        draw = random.Random(3)
        for victim in ("window", "extract", "resolve", "window"):
            wait = draw.uniform(0.2, 1.5)
            with pytest.raises(subprocess.TimeoutExpired):
                publisher.communicate(timeout=wait)  # there is traffic at every kill
            if victim == "extract":
                local.kill(victim)
            else:
                second.wait_for_stage(victim).kill()
        publisher.communicate(timeout=600)
        assert publisher.returncode == 0
        wait_until_quiet(local, history + lines_of(live))
        before = dumped(local)
        assert "generation 2 is live" in local("generations", "promote", "2", "--wait", "120")
        after = dumped(local)
        assert after == before, differences(before, after)
        first, replayed = ledger(local, 1), ledger(local, 2)
        assert ids(replayed) == ids(first)
        assert [window.closed_by for window in replayed] == [window.closed_by for window in first]
        asked = {window.extraction_key: window.computed for window in replayed}
        assert not any(asked[key] for _, key in of_history), "the journal had every answer"
        once = [window.extraction_key for window in (*first, *replayed) if window.computed]
        assert len(once) == len(set(once)), "what came meanwhile was asked by the one or by the other"
        if not INPUT:
            assert {"gap", "turns", "session_ended"} <= {window.closed_by for window in first}
        assert "action=changed_over" in second.log.read_text()
        assert "generation 1 is live" in local("generations", "rollback")
        assert dumped(local) == before
        local("generations", "promote", "2")


def drop_when_nobody_is_missed(local: Local, generation: int) -> str:
    """Kafka keeps the place of a worker that was stopped for the length of its session: it may come back."""
    deadline = time.monotonic() + 60
    while (done := local.run("generations", "drop", str(generation), "--yes")).returncode:
        assert "still run" in done.stderr, done.stderr
        assert time.monotonic() < deadline, done.stderr
        time.sleep(1)
    return done.stdout


def test_what_is_live_is_what_comes_up_again_and_what_is_dropped_stays_dropped(local: Local, history: int) -> None:
    before = dumped(local)
    refused = local.run("generations", "drop", "2", "--yes")
    assert (refused.returncode, "generation 2 is live" in refused.stderr) == (3, True)
    running = local.run("generations", "drop", "1", "--yes")
    assert (running.returncode, "workers of generation 1 still run" in running.stderr) == (3, True)
    local("down")
    local("up")
    wait_until_healthy(local)
    assert local.run("generations", "drop", "1").returncode == 2, "not without --yes"
    dropped = drop_when_nobody_is_missed(local, 1).splitlines()
    assert {"dropped  topic facts.g1", "dropped  partition 1 of facts"} <= set(dropped)
    assert local("generations", "drop", "1", "--yes") == "nothing was left of generation 1\n"
    assert ids(ledger(local, 1)), "what was asked, and paid, stays in the ledger"
    assert dumped(local) == before
    Beside(local, 2).wait_until_caught_up()  # that generation 1 was dropped is a record to read, too
    told = [orjson.loads(line) for line in local("generations", "list", "--json").splitlines()]
    assert [(each["generation"], each["live"]) for each in told] == [(2, True)]
    assert local.run("generations", "rollback").returncode == 3
    for command in (("topics", "ensure"), ("worker",)):
        again = Beside(local, 1).run(*command)
        assert again.returncode == 3
        assert "generation 1 was dropped, and its number is not used again" in again.stderr
    alone, services = Beside(local, 1), settings_of(local)
    alone.environment |= {"TURNLOG_KAFKA": services.kafka, "TURNLOG_CLICKHOUSE": services.clickhouse}
    started_again = alone.run("stage", "window")
    assert (started_again.returncode, "generation 1 was dropped" in started_again.stderr) == (3, True)
    assert "facts.g1" not in local("topics", "ensure")


@pytest.fixture(scope="module")
def model() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture(scope="module")
def asking(model: ModelServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    """A stack whose extractor is a model, after some history."""
    folder = tmp_path_factory.mktemp("asking")
    about = {"TURNLOG_EXTRACTOR": "openai", "OPENAI_BASE_URL": model.url, "OPENAI_API_KEY": model.key}
    with Local(folder, **SETTINGS, **about) as local:
        path = Path(INPUT) if INPUT else written(folder / "records.jsonl", MODEL_TURNS, seed=5)
        told = orjson.loads(local("publish", "--json", str(path)))
        wait_until_quiet(local, told["acknowledged"])
        yield local


def test_a_model_is_not_asked_again_unless_what_it_is_asked_differs(
    asking: Local, model: ModelServer, tmp_path: Path
) -> None:
    first = ledger(asking, 1)
    asked = {window.extraction_key for window in first if window.computed}
    requests = len(model.requests)
    assert requests >= len(asked) > 0

    before = unpaid(dumped(asking))
    with Beside(asking, 2):
        asking("generations", "promote", "2", "--wait", "120")
    assert len(model.requests) == requests, "the server's own count"
    after = unpaid(dumped(asking))
    assert after == before, differences(before, after)
    assert ids(ledger(asking, 2)) == ids(first)

    prompt = tmp_path / "prompt.md"
    prompt.write_text("Find what is worth remembering. Answer in the form that was agreed.")
    with (
        Beside(asking, 3, TURNLOG_PROMPT=str(prompt)) as other_prompt,
        Beside(asking, 4, TURNLOG_WINDOW_TURNS="4") as other_limits,
    ):
        other_prompt.wait_until_caught_up()
        other_limits.wait_until_caught_up()
        third, fourth = ledger(asking, 3), ledger(asking, 4)
    assert [window.window_id for window in third] == [window.window_id for window in first]
    again = [window for window in third if window.computed]
    assert {window.window_id for window in again} == {window.window_id for window in first if window.computed}
    assert not {window.extraction_key for window in again} & asked
    new = [window for window in fourth if window.computed]
    assert not {window.extraction_key for window in new} & asked
    assert 0 < len(new) < len(fourth), "windows that are the same are known"
    assert len(model.requests) - requests == len(again) + len(new)
    versions = {each.generation: each.prompt_versions for each in listed(asking)}
    assert versions[1] == versions[2] == versions[4] != versions[3]
