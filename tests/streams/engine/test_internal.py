"""A record that crashes its stage three times is given up, the others are not; real processes, really ended."""

import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from streams import runs
from streams.engine import ExitCode
from streams.engine.note import BURST, Note, pack, unpack
from streams.local.kafka import LocalKafka
from streams.local.supervisor import Backoff, Part, Supervisor
from tests.streams.engine.broker import Records, Topics
from tests.streams.engine.workers import ROOT, Worker, Workers, wait_until
from tests.streams.engine.workload import Turn

pytestmark = pytest.mark.kafka
KNOWN = {"instance_id": "one"}
"""A process that ends itself does not leave the group: under its old name it takes its partitions back at once."""
MOST_STARTS = 12


def topics_for(kafka: LocalKafka, *stages: str) -> Topics:
    logs = ("turns", "again", "mid", "final", "dead")
    return Topics(kafka.address, logs=logs, changelogs=[f"{stage}-table" for stage in stages])


def good(partition: int, number: int) -> list[Turn]:
    return [Turn(partition, b"%d" % at, b"good %d" % at) for at in range(number)]


def with_bad(records: list[Turn], at: int, *values: bytes) -> list[Turn]:
    """The records with others in between."""
    return [*records[:at], *(Turn(records[0].partition, b"bad", value) for value in values), *records[at:]]


def values_of(records: list[Turn]) -> Records:
    return [(record.key, record.value) for record in records]


def run_until(worker: Worker, topics: Topics, group: str, ends: dict[str, list[int]]) -> list[int]:
    """Start it again whenever it ends, until these offsets are committed -> the exit codes on the way."""
    codes: list[int] = []
    while len(codes) < MOST_STARTS:
        wait_until(lambda: not worker.alive() or reached(topics, group, ends), 120, worker)
        if worker.alive():
            return codes
        codes.append(worker.exit_code())
        if codes[-1] == ExitCode.BURST:
            return codes
        worker.again()
    raise AssertionError(codes)


def reached(topics: Topics, group: str, ends: dict[str, list[int]]) -> bool:
    time.sleep(0.1)
    return all(topics.committed(group, name) == offsets for name, offsets in ends.items())


def test_one_bad_record_of_many_is_given_up_and_the_others_are_handled_once_in_order(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """In the other partitions nobody notices; in its own each record leaves once, before and behind it."""
    topics = topics_for(kafka, "fragile")
    bad, fine = with_bad(good(1, 60), 40, b"raise"), good(2, 200)
    topics.load("turns", [*bad, *fine, *good(0, 5), *good(3, 5)])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN)
        codes = run_until(worker, topics, "fragile", {"turns": [5, 61, 200, 5]})
        assert worker.terminate() == 0
    assert codes == [ExitCode.POISON] * 3
    mid = topics.read("mid")
    assert mid[1] == values_of(good(1, 60))
    assert mid[2] == values_of(fine)
    assert topics.read("dead")[1] == [(b"raise", b"1 40 3 ValueError")]
    assert topics.note("fragile", "turns", 1) == "", "nothing is left to say"


def test_two_bad_records_side_by_side_are_each_given_up_after_crashes_of_their_own(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """The first crash, of both of them together, counts for one. A stage that raises again is not asked further."""
    topics = topics_for(kafka, "talking")
    topics.load("turns", with_bad(good(0, 6), 3, b"raise", b"raise twice"))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("talking", **KNOWN)
        codes = run_until(worker, topics, "talking", {"turns": [8, -1001, -1001, -1001]})
        assert "what a person said" not in worker.text
        assert worker.terminate() == 0
    assert codes == [ExitCode.POISON] * (3 + 3)
    told = [(b"bad", b"gave up after 3")]
    assert topics.read("mid")[0] == values_of(good(0, 3)) + told + values_of(good(0, 6)[3:])
    assert topics.table("talking-table") == {b"given up": b"1"}
    assert topics.read("dead")[0] == [(b"raise twice", b"0 4 3 KeyError")]


def test_an_error_in_the_middle_of_many_transactions_is_laid_to_its_record(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = topics_for(kafka, "stepwise")
    topics.load("turns", with_bad(good(3, 20), 10, b"raise"))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("stepwise", **KNOWN)
        codes = run_until(worker, topics, "stepwise", {"turns": [-1001, -1001, -1001, 21]})
        assert worker.terminate() == 0
    assert codes == [ExitCode.POISON] * 3
    assert topics.read("final")[3] == values_of(good(3, 20))
    assert topics.read("dead")[3] == [(b"raise", b"3 10 3 ValueError")]


def test_of_two_sources_each_has_its_own_suspects(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = topics_for(kafka, "twofold")
    topics.load("turns", good(0, 20))
    topics.load("again", [Turn(0, b"bad", b"raise"), *good(0, 10)])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("twofold", **KNOWN)
        none = -1001
        codes = run_until(worker, topics, "twofold", {"turns": [20, none, none, none], "again": [11, none, none, none]})
        assert worker.terminate() == 0
    assert codes == [ExitCode.POISON] * 3
    assert sorted(topics.read("mid")[0]) == sorted(values_of(good(0, 20)) + values_of(good(0, 10)))
    assert topics.read("dead")[0] == [(b"raise", b"0 0 3 ValueError")]


def test_a_writer_gives_up_too(kafka: LocalKafka, tmp_path: Path) -> None:
    topics, folder = topics_for(kafka), tmp_path / "written"
    folder.mkdir()
    topics.load("turns", with_bad(good(2, 20), 10, b"raise"))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("writer", path=str(folder), **KNOWN)
        codes = run_until(worker, topics, "writer", {"turns": [-1001, -1001, 21, -1001]})
        assert worker.terminate() == 0
    assert codes == [ExitCode.POISON] * 3
    lines = {line for path in folder.iterdir() for line in path.read_bytes().splitlines()}
    assert lines == {b"2 %d" % offset for offset in range(21) if offset != 10}
    assert topics.read("dead")[2] == [(b"raise", b"2 10 3 ValueError")]
    assert topics.note("writer", "turns", 2) == ""


@pytest.mark.kills
def test_a_kill_between_any_two_steps_neither_loses_nor_doubles_anything(kafka: LocalKafka, tmp_path: Path) -> None:
    """Each process dies at the next of these moments, until there is none left."""
    topics, fired = topics_for(kafka, "fragile"), tmp_path / "fired"
    fired.mkdir()
    topics.load("turns", with_bad(good(0, 2), 1, b"raise"))
    kills = ("committing", "committed", "committing@2", "committed", *("committing", "committed") * 2)
    points = ",".join("fragile/{}=kill{}{}".format(*point.partition("@")) for point in kills)
    armed = {"TURNLOG_FAILPOINTS": points, "TURNLOG_FAILPOINTS_DIR": str(fired)}
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN, environment=armed)
        codes = run_until(worker, topics, "fragile", {"turns": [3, -1001, -1001, -1001]})
    assert codes == [-signal.SIGKILL] * len(kills), "before and behind each note, the success before it, and the letter"
    assert topics.read("mid")[0] == values_of(good(0, 2))
    assert topics.read("dead")[0] == [(b"raise", b"0 1 3 ValueError")]


@contextmanager
def supervised(worker: Worker) -> Iterator[Supervisor]:
    """The same process under our supervisor."""
    command = [sys.executable, "-m", "tests.streams.engine.stages"]
    part = Part("stage", command, worker._log, env=worker.environment, cwd=ROOT, final=runs.FINAL)
    supervisor = Supervisor([part], backoff=Backoff(first=0.05, limit=0.1))
    thread = threading.Thread(target=supervisor.run)
    thread.start()
    try:
        yield supervisor
    finally:
        supervisor.stop()
        thread.join()


@pytest.mark.kills
@pytest.mark.parametrize(
    ("value", "code"), [(b"exit", 77), (b"fault", -signal.SIGSEGV), (b"freeze", ExitCode.HUNG)], ids=str
)
def test_a_record_that_ends_the_process_is_given_up_once_it_did_so_alone_three_times(
    kafka: LocalKafka, tmp_path: Path, value: bytes, code: int
) -> None:
    topics = topics_for(kafka, "fragile")
    topics.load("turns", [*with_bad(good(0, 6), 3, value), *good(1, 6)])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **({"watch_s": 10} if code == ExitCode.HUNG else {}), **KNOWN)
        worker.kill()
        with supervised(worker) as supervisor:
            wait_until(lambda: reached(topics, "fragile", {"turns": [7, 6, -1001, -1001]}), 240, worker)
            exits = supervisor.parts()["stage"].exits
    assert exits == {code: 4}, "once among others, three times alone"
    assert topics.read("mid")[0] == values_of(good(0, 6))
    assert topics.read("mid")[1] == values_of(good(1, 6))
    assert topics.read("dead")[0] == [(value, b"0 3 3 ")]


@pytest.mark.kills
def test_of_a_record_that_ended_the_process_the_stage_says_what_it_can_unless_that_ends_it_too(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """Its job ends so. Where giving up ends the process as well, that is one crash more, and it is only buried."""
    topics = topics_for(kafka, "talking")
    topics.load("turns", [*with_bad(good(0, 2), 1, b"exit"), *with_bad(good(1, 2), 1, b"exit twice")])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("talking", **KNOWN)
        worker.kill()
        with supervised(worker) as supervisor:
            wait_until(lambda: reached(topics, "talking", {"turns": [3, 3, -1001, -1001]}), 240, worker)
            exits = supervisor.parts()["stage"].exits
    assert exits == {77: 1 + 3 + 3, 78: 1}, "no end is forgotten while the other record ends the process"
    mid = topics.read("mid")
    assert mid[0] == [*values_of(good(0, 1)), (b"bad", b"gave up after 3"), *values_of(good(0, 2)[1:])]
    assert mid[1] == values_of(good(1, 2))
    dead = topics.read("dead")
    assert (dead[0], dead[1]) == ([], [(b"exit twice", b"1 1 4 ")])


@pytest.mark.kills
def test_kills_from_outside_are_never_laid_to_the_record_that_is_tried_alone(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = topics_for(kafka, "fragile")
    topics.load("turns", [*good(0, 1), Turn(0, b"k", b"freeze")])
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN, environment=runs.environment_of("run-0", "before", -signal.SIGSEGV))
        for number in range(4):
            begun = f"run-{number}"
            wait_until(lambda begun=begun: unpack(topics.note("fragile", "turns", 0)).run == begun, 90, worker)  # type: ignore[misc]
            assert unpack(topics.note("fragile", "turns", 0)).crashes == 0
            worker.kill()
            # it follows a run that died, but not the one that had begun this record
            worker.environment |= runs.environment_of(f"run-{number + 1}", "another", -signal.SIGSEGV)
            worker.again()
    assert topics.committed("fragile", "turns")[0] == 1


def test_a_record_that_was_begun_alone_and_left_is_not_blamed_for_a_later_end_of_the_same_run(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    """Its partition moved, or its lane was closed and opened again. What is known of earlier ends stays."""
    topics = topics_for(kafka, "fragile")
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN)
        topics.load("turns", good(0, 1))
        wait_until(lambda: reached(topics, "fragile", {"turns": [1, -1001, -1001, -1001]}), 90, worker)
        assert worker.terminate() == 0
        topics.set_note("fragile", "turns", 0, 1, pack(Note(until=2, own=1, run="run-1")))
        worker.environment |= runs.environment_of("run-1", "run-0", -signal.SIGSEGV)
        worker.again().ready()
        assert unpack(topics.note("fragile", "turns", 0))._replace(until=2) == Note(until=2, own=1)
        assert worker.terminate() == 0


def test_what_a_tick_raises_is_no_fault_of_a_record(kafka: LocalKafka, tmp_path: Path) -> None:
    topics = topics_for(kafka, "ticker")
    topics.load("turns", good(0, 1))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("ticker", **KNOWN)
        for _ in range(4):
            assert worker.exit_code() == ExitCode.POISON
            worker.again()
    assert topics.note("ticker", "turns", 0) == ""
    assert topics.read("dead")[0] == []


def test_a_burst_stops_the_worker_until_a_version_comes_that_can_take_the_record(
    kafka: LocalKafka, tmp_path: Path
) -> None:
    topics = topics_for(kafka, "fragile")
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN)
        topics.load("turns", good(0, 1))
        wait_until(lambda: reached(topics, "fragile", {"turns": [1, -1001, -1001, -1001]}), 90, worker)
        assert worker.terminate() == 0
        topics.set_note("fragile", "turns", 0, 1, pack(Note(letters=BURST)))
        topics.load("turns", [Turn(0, b"bad", b"raise"), Turn(0, b"k", b"later")])
        codes = run_until(worker.again(), topics, "fragile", {"turns": [3, -1001, -1001, -1001]})
        assert codes == [ExitCode.POISON, ExitCode.POISON, ExitCode.BURST]
        assert "Start a version" in worker.text
        assert worker.again().exit_code() == ExitCode.BURST, "it is tried again, and not given up"
        assert topics.committed("fragile", "turns")[0] == 1
        mended = workers.start("fragile", mended=True, **KNOWN)
        wait_until(lambda: reached(topics, "fragile", {"turns": [3, -1001, -1001, -1001]}), 30, mended)
        assert mended.terminate() == 0
    assert topics.read("mid")[0] == [*values_of(good(0, 1)), (b"bad", b"raise"), (b"k", b"later")]
    assert topics.read("dead")[0] == []
    assert topics.note("fragile", "turns", 0) == ""


@pytest.mark.kills
def test_a_stage_that_is_stopped_for_good_is_not_started_again(kafka: LocalKafka, tmp_path: Path) -> None:
    """Also where the record ends the process, so that nobody can say BURST at that moment: the next start does."""
    topics = topics_for(kafka, "fragile")
    topics.load("turns", good(0, 1))
    with Workers(topics, tmp_path) as workers:
        worker = workers.start("fragile", **KNOWN)
        wait_until(lambda: reached(topics, "fragile", {"turns": [1, -1001, -1001, -1001]}), 90, worker)
        assert worker.terminate() == 0
        topics.set_note("fragile", "turns", 0, 1, pack(Note(letters=BURST)))
        topics.load("turns", [Turn(0, b"bad", b"exit")])
        with supervised(worker) as supervisor:
            wait_until(lambda: supervisor.parts()["stage"].stopped, 240, worker)
            time.sleep(1)
            state = supervisor.parts()["stage"]
    assert state.exits == {77: 4, ExitCode.BURST: 1}
    assert (state.pid, state.last_exit) == (None, ExitCode.BURST)
    assert topics.read("dead")[0] == []
