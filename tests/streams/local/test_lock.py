"""A folder has one holder at a time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.child import module_environment
from streams.local.lock import FolderLock, check_space, create_folder

HOLD = """
import sys
from pathlib import Path
from streams.local.lock import FolderLock
with FolderLock(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_the_second_holder_is_told_who_the_first_is(tmp_path: Path) -> None:
    with (
        FolderLock(tmp_path),
        pytest.raises(LocalModeError, match=f"{tmp_path} is already in use by process {os.getpid()}"),
    ):
        FolderLock(tmp_path).acquire()
    FolderLock(tmp_path).acquire().release()


def test_a_killed_holder_frees_the_folder(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    environment = {**os.environ, **module_environment()}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(LocalModeError, match=f"process {holder.pid}"):
            FolderLock(tmp_path).acquire()
        holder.kill()
        holder.wait()
    FolderLock(tmp_path).acquire().release()


def test_a_folder_that_cannot_be_written_is_a_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LocalModeError, match="cannot write to"):
        create_folder(tmp_path / "file" / "folder")


def test_too_little_space_is_a_clear_error(tmp_path: Path) -> None:
    check_space(tmp_path, least=1)
    with pytest.raises(LocalModeError, match=f"MB are free at {tmp_path}"):
        check_space(tmp_path, least=1 << 60)
