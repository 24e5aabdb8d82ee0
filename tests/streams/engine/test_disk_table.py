"""A table on disk is what one in memory is; its files go with the lane, and those of a killed process with the next."""

import random
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from streams.engine.disk_table import DiskTable, make_room
from streams.engine.exits import EngineError
from streams.engine.stage_code import blames_record, kind_of, stage_code
from streams.errors import ConfigurationError
from streams.local.kafka import LocalKafka
from tests.streams.engine.broker import Reader
from tests.streams.engine.test_exactly_once import outcome, two_stages
from tests.streams.engine.workers import ROOT, Workers, follow
from tests.streams.engine.workload import expected, turns

KEYS = st.binary(min_size=1, max_size=3)
STEPS = st.lists(st.dictionaries(KEYS, st.binary(max_size=5), max_size=5), max_size=20)


@pytest.fixture
def table(tmp_path: Path) -> Iterator[DiskTable]:
    with closing(DiskTable(tmp_path)) as made:
        yield made


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS, gone=st.sets(KEYS))
def test_it_holds_what_a_dict_holds(tmp_path: Path, steps: list[dict[bytes, bytes]], gone: set[bytes]) -> None:
    memory: dict[bytes, bytes] = {}
    with closing(DiskTable(tmp_path)) as disk:
        for number, changes in enumerate(steps):
            disk.update(changes if number % 2 else changes.items())
            memory.update(changes)
        for key in gone & memory.keys():
            del memory[key], disk[key]
        assert dict(disk.items()) == memory
        assert sorted(disk) == sorted(memory)
        for key in gone | memory.keys():
            assert (disk.get(key), key in disk) == (memory.get(key), key in memory)
        assert disk.get(b"never there", b"else") == b"else"


def test_an_empty_value_is_a_value(table: DiskTable) -> None:
    table[b"dead"] = b""
    assert b"dead" in table
    assert table[b"dead"] == b""
    with pytest.raises(KeyError):
        table[b"never there"]


def test_its_files_go_with_it(tmp_path: Path) -> None:
    table = DiskTable(tmp_path)
    table.update([(b"%d" % number, b"value") for number in range(1000)])
    assert len(table) > 0
    assert [*tmp_path.iterdir()] != []
    table.close()
    assert [*tmp_path.iterdir()] == []


HOLD = """
import sys, time
from pathlib import Path
from streams.engine.disk_table import DiskTable
table = DiskTable(Path(sys.argv[1]))
table[b"key"] = b"value"
print("made", flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_and_what_a_living_one_has_is_not(
    table: DiskTable, tmp_path: Path
) -> None:
    table[b"key"] = b"value"
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"made\n"
        (tmp_path / "something else").mkdir()
        make_room(tmp_path)
        assert len([*tmp_path.iterdir()]) == 3, "everything has an owner"
        other.kill()
        other.wait()
        make_room(tmp_path)
    assert len([*tmp_path.iterdir()]) == 2
    assert table[b"key"] == b"value"


def test_a_disk_that_fails_is_no_records_fault(table: DiskTable, tmp_path: Path) -> None:
    draw, number = random.Random(1), 80_000  # more than what is kept in memory all the same
    for key in range(number):
        table[b"%d" % key] = draw.randbytes(1000)
    for file in tmp_path.glob("*/files/*.sst"):
        with suppress(FileNotFoundError):  # merged meanwhile
            file.write_bytes(b"\0" * file.stat().st_size)
    with pytest.raises(EngineError) as raised, stage_code():  # noqa: PT012 - which of them fails is RocksDB's affair
        for key in range(number):
            table.get(b"%d" % key)
    assert not blames_record(raised.value)
    assert kind_of(raised.value) == "OSError"


def test_a_closed_table_is_empty_for_whoever_looks(tmp_path: Path) -> None:
    table = DiskTable(tmp_path)
    table[b"key"] = b"value"
    table.close()
    assert len(table) == 0


def test_a_folder_that_cannot_be_is_refused_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError, match=r"TURNLOG_TABLES_DIR: no table can lie in .*file"):
        make_room(tmp_path / "file" / "folder")
    make_room(tmp_path / "made" / "on demand")
    assert (tmp_path / "made" / "on demand").is_dir()


@pytest.mark.kafka
@pytest.mark.kills
def test_a_stage_whose_table_lies_on_disk_is_killed_and_changes_nothing(kafka: LocalKafka, tmp_path: Path) -> None:
    topics, records = two_stages(kafka), turns(6_000)
    topics.load("turns", records)
    tables = tmp_path / "tables"
    with Workers(topics, tmp_path) as workers, closing(Reader(topics, "final")) as reader:
        pair = [
            workers.start(stage, chunk_max=50, hold_s=0.02, instance_id="one", tables_dir=str(tables))
            for stage in ("dedup", "count")
        ]
        number = sum(map(len, expected(records).final.values()))
        for at in (1, 2, 3):
            follow(reader, number * at // 4)
            for worker in pair:
                worker.kill()
            assert [*tables.iterdir()] != [], "killed with its table on disk"
            for worker in pair:
                worker.again()
        follow(reader, number)
        assert set(workers.terminate()) == {0}
        assert outcome(topics) == expected(records)
    assert [*tables.iterdir()] == [], "the files of all its lives are gone"
