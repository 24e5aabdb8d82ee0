"""The demonstration from nothing: what it tells is what was counted by hand, and a second time there is nothing new."""

import json
from collections.abc import Iterator
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.integration.local import Local

pytestmark = [pytest.mark.kafka, pytest.mark.clickhouse, pytest.mark.timeout(600)]
EXPECTED: dict[str, Any] = json.loads((resources.files("infra") / "samples" / "expected.json").read_text("utf-8"))
TOTALS = EXPECTED["totals"]


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Local:
    """Not up: the demonstration starts and stops everything itself."""
    return Local(tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def first(local: Local) -> tuple[dict[str, Any], str]:
    done = local.run("demo", "--json", limit=300)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1]), done.stderr


@pytest.fixture(scope="module")
def up(local: Local, first: object) -> Iterator[Local]:
    with local as running:
        yield running


def test_the_totals_are_those_counted_by_hand(first: tuple[dict[str, Any], str]) -> None:
    totals, _ = first
    letters = sum(TOTALS["dead_letters"].values())
    assert totals["published"] == TOTALS["published"] - TOTALS["controls"]
    assert totals["published"] == totals["accepted"] + totals["resubmitted"] + totals["refused"]
    assert [totals[name] for name in ("accepted", "resubmitted", "refused")] == [
        TOTALS[name] for name in ("accepted", "resubmitted", "refused")
    ]
    assert [totals[name] for name in ("turns", "turns_duplicate", "turns_conflicting", "dead_letters")] == [
        TOTALS["turns_stored"],
        TOTALS["turns_duplicate"],
        TOTALS["turns_conflicting"],
        letters,
    ]
    assert totals["extractions"] == totals["windows"] > 0
    assert totals["facts"] >= len(EXPECTED["must"])
    assert sum(totals["jobs"].values()) >= totals["accepted"]


def test_the_screen_shows_facts_with_their_proof_and_equations_that_hold(first: tuple[dict[str, Any], str]) -> None:
    _, screen = first
    assert "“My name is Ann Keller”" in screen
    assert "IDEMPOTENCY_CONFLICT" in screen
    assert screen.count("✓ ") == 3
    assert "✗" not in screen
    assert "4111" not in screen


@pytest.mark.parametrize("command", [("up",), ("demo",), ("demo", "--keep")], ids=" ".join)
def test_services_that_run_with_other_settings_are_not_taken_for_these(up: Local, command: tuple[str, ...]) -> None:
    other = Local(up.folder, OPENAI_API_KEY="sk-opens-nothing", TURNLOG_WINDOW_TURNS="3")
    done = other.run(*command, limit=60)
    assert done.returncode not in (0, None)
    assert "OPENAI_API_KEY, TURNLOG_EXTRACTOR, TURNLOG_WINDOW_TURNS" in done.stderr
    assert "turnlog down" in done.stderr
    assert "sk-opens" not in done.stdout + done.stderr + (up.folder / "run.json").read_text()


def test_a_second_time_there_is_nothing_new(up: Local) -> None:
    """On services that run already, which stay."""
    done = up.run("demo", "--json", limit=300, check=True)
    totals = json.loads(done.stdout.splitlines()[-1])
    assert [totals[name] for name in ("accepted", "turns", "facts", "extractions", "windows", "journal_hits")] == [
        0
    ] * 6
    assert totals["published"] == totals["resubmitted"] + totals["refused"]
    assert up.run("status", "--json").returncode == 0


def test_people_are_users_and_deliveries_are_deduplicated(up: Local, tmp_path: Path) -> None:
    fields = {"source": "chat", "conversation_id": "c", "session_id": "s", "role": "assistant", "timestamp": None}
    texts = ("I'm allergic to latex.", "I live in Porto.", "I work at Brightwater.")
    turns = [{**fields, "turn_id": f"{n}", "speaker": f"P{n}", "text": text} for n, text in enumerate(texts)]
    deliveries = [{**turn, "delivery": n} for n in range(3) for turn in turns[: n + 1]]
    file = tmp_path / "deliveries.jsonl"
    file.write_text("\n".join(map(json.dumps, deliveries)))
    done = up.run("demo", "--json", "--people", "--input", str(file), limit=300, check=True)
    totals = json.loads(done.stdout.splitlines()[-1])
    assert [totals[name] for name in ("published", "accepted", "turns", "turns_duplicate", "controls")] == [
        3,
        3,
        3,
        3,
        1,
    ]
    assert totals["facts"] == 3
    assert totals["jobs"]["completed"] == 3
