"""The note of what runs names processes for good."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.local.child import created_at
from streams.local.run_state import PartState, RunState, end_stale_parts, is_running, read_state, write_state

ENDED = 2**22 + 1  # above every process id a system gives


def test_what_was_written_is_read(tmp_path: Path) -> None:
    state = RunState(pid=1, created=2.5, about={"kafka": "a"}, parts={"x": PartState(pid=3, restarts=1, last_exit=-9)})
    write_state(tmp_path / "run.json", state)
    assert read_state(tmp_path / "run.json") == state


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"pid": "x"}'])
def test_a_spoilt_note_is_none(tmp_path: Path, text: str) -> None:
    assert read_state(tmp_path / "run.json") is None
    (tmp_path / "run.json").write_text(text)
    assert read_state(tmp_path / "run.json") is None


def test_a_process_is_known_by_id_and_creation() -> None:
    created = created_at(os.getpid())
    assert created is not None
    assert is_running(os.getpid(), created)
    assert not is_running(os.getpid(), created - 60)
    assert not is_running(ENDED, created)


def test_what_a_killed_supervisor_left_is_ended_and_others_with_its_id_are_not(tmp_path: Path) -> None:
    sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
    with subprocess.Popen(sleep) as left, subprocess.Popen(sleep) as other:
        created = created_at(left.pid)
        parts = {"left": PartState(pid=left.pid, created=created), "reused": PartState(pid=other.pid, created=1.0)}
        write_state(tmp_path / "run.json", RunState(pid=ENDED, created=1.0, parts=parts))
        try:
            assert end_stale_parts(tmp_path / "run.json") == ["left"]
            assert created_at(left.pid) is None
            assert other.poll() is None
        finally:
            left.kill()
            other.kill()


def test_parts_of_a_supervisor_that_lives_are_left_alone(tmp_path: Path) -> None:
    me = created_at(os.getpid())
    assert me is not None
    parts = {"me": PartState(pid=os.getpid(), created=me)}
    write_state(tmp_path / "run.json", RunState(pid=os.getpid(), created=me, parts=parts))
    assert end_stale_parts(tmp_path / "run.json") == []
