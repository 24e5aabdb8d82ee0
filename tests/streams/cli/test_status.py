"""What `turnlog status` says of stages that crash."""

import json

from streams.admin.status import Part, StageStatus, Status, _bursts
from streams.cli.screen import out
from streams.cli.status import _as_object, _print, troubled
from streams.engine.note import BURST, Note
from streams.local.run_state import PartState

NOW = 1_000_000.0
WELL = PartState(pid=7, started=NOW - 5, restarts=2, failures=2, exits={15: 1, -9: 1})
LOOPS = PartState(pid=8, started=NOW - 5, restarts=4, failures=4, last_exit=15, exits={10: 1, 15: 3})
STOPPED = PartState(restarts=15, last_exit=19, stopped=True, exits={15: 15, 19: 1})
FOUND = Status((Part("kafka", True, "here"),), (StageStatus("ingest", 1, 7, None, 2),), 0, None, {}, 0, 3)


def test_a_stage_that_ends_again_and_again_or_is_stopped_is_unwell() -> None:
    parts = {part.name: part for part in troubled({"ingest": WELL, "window": LOOPS, "sink": STOPPED}, now=NOW)}
    assert set(parts) == {"window", "sink"}
    assert not any(part.healthy for part in parts.values())
    assert parts["window"].detail == "ended 4 times in a row, last with exit 15"
    assert parts["sink"].detail == "stopped for good (exit 19): its log says the way out"
    assert not list(troubled({"window": LOOPS}, now=NOW + 60)), "it has run for a minute since"


def test_a_burst_is_told_wherever_the_worker_runs_with_the_way_out() -> None:
    notes = {"ingest": [Note(), Note(letters=BURST)], "window": [Note(letters=BURST - 1)], "sink": []}
    (part,) = _bursts(notes)
    assert (part.name, part.healthy) == ("ingest", False)
    assert part.detail.startswith(f"gave up {BURST} records in a row")
    assert "start a version" in part.detail


def test_exits_suspects_and_what_was_given_up_are_in_both_forms() -> None:
    told = json.loads(json.dumps(_as_object(FOUND, {"ingest": LOOPS})))
    assert told["given_up"] == 3
    assert told["stages"]["ingest"]["suspects"] == 2
    assert told["stages"]["ingest"]["exits"] == {"10": 1, "15": 3}
    with out.capture() as captured:
        _print(FOUND, {"ingest": LOOPS})
    assert "10 ×1 15 ×3" in captured.get()
    assert "given up today after three crashes: 3" in captured.get()


def test_without_processes_here_nothing_is_said_of_them() -> None:
    told = _as_object(FOUND, {})
    assert told["stages"]["ingest"]["restarts"] is None  # type: ignore[index]
    with out.capture() as captured:
        _print(FOUND, {})
    assert "restarts" not in captured.get()
