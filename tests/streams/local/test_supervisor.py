"""Processes are kept running, stopped in order, and never left behind."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.child import created_at, module_environment
from streams.local.run_state import PartState, is_looping, read_state
from streams.local.supervisor import Backoff, Keeper, Part, Supervisor

QUICK = Backoff(first=0.05, factor=2, limit=0.2, reset_after=30)
SLEEP = "import time; time.sleep(60)"
NOTE_END = """
import pathlib, signal, sys, time
def end(*_):
    with open(sys.argv[1], "a") as file: file.write(sys.argv[2] + " ")
    sys.exit(0)
signal.signal(signal.SIGTERM, end)
print("up", flush=True)
time.sleep(60)
"""
SUPERVISE = """
import sys
from pathlib import Path
from streams.local.signals import ending_calls
from streams.local.supervisor import Part, Supervisor
folder = Path(sys.argv[1])
sleep = [sys.executable, "-c", "import time; time.sleep(60)"]
parts = [Part(name, sleep, folder / f"{name}.log") for name in ("a", "b")]
supervisor = Supervisor(parts, state=folder / "run.json")
with ending_calls(supervisor.stop):
    supervisor.run()
"""


def part(name: str, code: str, folder: Path, *arguments: str, **more: object) -> Part:
    part = Part(name, [sys.executable, "-u", "-c", code, *arguments], folder / f"{name}.log")
    return part._replace(**more)  # type: ignore[arg-type]


@contextmanager
def supervised(*parts: Part, state: Path | None = None) -> Iterator[Supervisor]:
    supervisor = Supervisor(parts, state=state, backoff=QUICK)
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()


def wait_until(condition: Callable[[], object], seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def pids(supervisor: Supervisor) -> list[int]:
    return [state.pid for state in supervisor.parts().values() if state.pid is not None]


def test_waits_grow_to_a_limit() -> None:
    backoff = Backoff(first=1, factor=3, limit=10)
    assert [backoff.delay(failures) for failures in (0, 1, 2, 3, 4, 1000)] == [0, 1, 3, 9, 10, 10]


@pytest.mark.kills
def test_a_killed_process_is_started_again_and_the_others_go_on(tmp_path: Path) -> None:
    with supervised(part("a", SLEEP, tmp_path), part("b", SLEEP, tmp_path), state=tmp_path / "run.json") as supervisor:
        wait_until(lambda: len(pids(supervisor)) == 2)
        first, other = pids(supervisor)
        os.kill(first, signal.SIGKILL)
        wait_until(lambda: supervisor.parts()["a"].restarts == 1)
        after = supervisor.parts()
        assert (after["a"].last_exit, after["b"].pid, after["b"].restarts) == (-signal.SIGKILL, other, 0)
        assert after["a"].pid not in (None, first)
        wait_until(lambda: parts_on_file(tmp_path) == supervisor.parts())


def test_a_process_that_ends_again_and_again_is_started_again_and_again(tmp_path: Path) -> None:
    with supervised(part("a", "import sys; sys.exit(7)", tmp_path)) as supervisor:
        wait_until(lambda: supervisor.parts()["a"].restarts >= 3)
        assert supervisor.parts()["a"].last_exit == 7


TELL_RUNS = """
import os, sys
with open(sys.argv[1], "a") as file: file.write(f"{os.environ['TURNLOG_RUN']} {os.environ['TURNLOG_LAST_RUN']}\\n")
sys.exit(77)
"""


def test_each_run_has_a_name_and_is_told_how_the_one_before_it_ended(tmp_path: Path) -> None:
    told = tmp_path / "told"
    with supervised(part("a", TELL_RUNS, tmp_path, str(told))) as supervisor:
        wait_until(lambda: supervisor.parts()["a"].restarts >= 3)
    found = [line.split(" ") for line in told.read_text().splitlines()]
    assert found[0][1] == "", "the first follows none"
    assert len({name for name, _ in found}) == len(found)
    assert [last for _, last in found[1:]] == [f"{name}:77" for name, _ in found[:-1]]


def test_a_start_that_fails_is_no_run_and_the_next_one_is_told_of_the_last_that_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "told"
    keeper = Keeper(part("a", TELL_RUNS, tmp_path, str(told)), Backoff(first=0, limit=0))
    keeper.turn(0, None)
    wait_until(lambda: not keeper.child.alive())
    keeper.turn(1, None)
    with monkeypatch.context() as broken:
        broken.setattr("streams.local.child.spawn", no_room)
        for now in (2, 3):
            keeper.turn(now, None)
    assert (keeper.state.exits, keeper.state.pid, keeper.state.failures) == ({77: 1}, None, 3)
    keeper.turn(4, None)
    wait_until(lambda: not keeper.child.alive())
    (first, _), (_, last) = (line.split(" ") for line in told.read_text().splitlines())
    assert last == f"{first}:77"
    assert keeper.state.restarts == 1


def no_room(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def test_an_exit_code_that_is_final_ends_it_for_good_and_the_others_go_on(tmp_path: Path) -> None:
    final = part("final", "import sys; sys.exit(19)", tmp_path, final=frozenset({19}))
    with supervised(final, part("b", SLEEP, tmp_path), state=tmp_path / "run.json") as supervisor:
        wait_until(lambda: supervisor.parts()["final"].stopped)
        time.sleep(5 * QUICK.limit)
        found = supervisor.parts()
        assert (found["final"].exits, found["final"].restarts, found["final"].pid) == ({19: 1}, 0, None)
        assert found["b"].pid is not None
        wait_until(lambda: parts_on_file(tmp_path)["final"].stopped)


def test_short_runs_in_a_row_are_a_crash_loop_until_one_lasts(tmp_path: Path) -> None:
    with supervised(part("a", "import sys; sys.exit(7)", tmp_path)) as supervisor:
        wait_until(lambda: is_looping(supervisor.parts()["a"], now=time.time()))
        assert supervisor.parts()["a"].failures >= 3
    runs = PartState(pid=7, started=1000.0, failures=3)
    assert [is_looping(runs, now=1000.0 + seconds) for seconds in (0, 29, 31)] == [True, True, False]
    assert not is_looping(PartState(pid=None, failures=2), now=0)


def test_the_highest_level_is_stopped_first(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    low = part("low", NOTE_END, tmp_path, str(ends), "low", level=0)
    high = part("high", NOTE_END, tmp_path, str(ends), "high", level=1)
    with supervised(low, high) as supervisor:
        wait_until(lambda: all((tmp_path / f"{name}.log").exists() for name in ("low", "high")))
        wait_until(lambda: all("up" in (tmp_path / f"{name}.log").read_text() for name in ("low", "high")))
        running = pids(supervisor)
    assert ends.read_text().split() == ["high", "low"]
    assert [created_at(pid) for pid in running] == [None, None]
    assert [state.last_exit for state in supervisor.parts().values()] == [0, 0]


def test_a_process_that_ignores_the_signal_is_killed(tmp_path: Path) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('up', flush=True); time.sleep(60)"
    with supervised(part("deaf", deaf, tmp_path, grace=0.2)) as supervisor:
        wait_until(lambda: (tmp_path / "deaf.log").exists() and (tmp_path / "deaf.log").read_text())
    assert supervisor.parts()["deaf"].last_exit == -signal.SIGKILL


def test_an_end_before_readiness_is_an_error_with_the_log(tmp_path: Path) -> None:
    failing = part("failing", "import sys; print('no such door'); sys.exit(4)", tmp_path, ready=lambda: False)
    with supervised(failing) as supervisor, pytest.raises(LocalModeError, match="ended with code 4:\nno such door"):
        supervisor.wait_ready(["failing"], timeout=20)


def test_parts_may_be_added_later(tmp_path: Path) -> None:
    with supervised(part("a", SLEEP, tmp_path)) as supervisor:
        supervisor.wait_ready(["a"], timeout=20)
        supervisor.add([part("b", SLEEP, tmp_path)])
        supervisor.wait_ready(["a", "b"], timeout=20)
        assert len(pids(supervisor)) == 2


def test_a_process_that_cannot_be_started_does_not_stop_the_others(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    broken = part("broken", SLEEP, tmp_path / "file" / "folder")
    with supervised(broken, part("a", SLEEP, tmp_path)) as supervisor:
        supervisor.wait_ready(["a"], timeout=20)
        assert supervisor.parts()["broken"].pid is None


def start_supervising(folder: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-c", SUPERVISE, str(folder)]
    return subprocess.Popen(command, env={**os.environ, **module_environment()})


def parts_on_file(folder: Path) -> dict[str, PartState]:
    state = read_state(folder / "run.json")
    return state.parts if state else {}


def recorded(folder: Path) -> list[int]:
    """The process ids in the state file, once both parts run."""
    found = [part.pid for part in parts_on_file(folder).values() if part.pid]
    return found if len(found) == 2 else []


@pytest.mark.kills
def test_a_killed_supervisor_leaves_nothing_and_the_next_one_starts(tmp_path: Path) -> None:
    with start_supervising(tmp_path) as first:
        wait_until(lambda: recorded(tmp_path))
        before = recorded(tmp_path)
        time.sleep(0.3)
        first.kill()
    wait_until(lambda: [created_at(pid) for pid in before] == [None, None])
    with start_supervising(tmp_path) as second:
        wait_until(lambda: recorded(tmp_path) and recorded(tmp_path) != before)
        after = recorded(tmp_path)
        second.terminate()
        assert second.wait(20) == 0
    assert [created_at(pid) for pid in after] == [None, None]
    assert not (tmp_path / "run.json").exists()


def test_the_state_file_is_plain_json(tmp_path: Path) -> None:
    with supervised(part("a", SLEEP, tmp_path), state=tmp_path / "run.json") as supervisor:
        supervisor.wait_ready(["a"], timeout=20)
        supervisor.tell(ready=True, about={"kafka": "127.0.0.1:1"})
        noted = json.loads((tmp_path / "run.json").read_text())
    assert (noted["pid"], noted["ready"], noted["about"]) == (os.getpid(), True, {"kafka": "127.0.0.1:1"})
    assert noted["parts"]["a"].keys() == {
        "pid", "created", "started", "restarts", "last_exit", "exits", "failures", "stopped",
    }  # fmt: skip
