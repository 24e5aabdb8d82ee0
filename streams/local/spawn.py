"""Starts a program that does not outlive us."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

LEASH = str(Path(__file__).with_name("leash.py"))


def spawn(
    command: Sequence[str],
    environment: Mapping[str, str],
    *,
    stdin: int = subprocess.DEVNULL,
    stdout: IO[bytes] | None = None,
    cwd: Path | None = None,
) -> subprocess.Popen[bytes]:
    """Start it with these variables besides ours; without `stdout` it writes where we do. Raises OSError.

    The system kills it when the thread that called this ends (Linux) or our process does.
    """
    mode = "signal" if sys.platform == "linux" else "watch"
    leash = [sys.executable, "-I", "-S", LEASH, mode, str(os.getpid())]
    return subprocess.Popen(
        [*leash, *command],
        stdin=stdin,
        stdout=stdout,
        stderr=None if stdout is None else subprocess.STDOUT,
        env={**os.environ, **environment},
        cwd=cwd,
        start_new_session=True,  # Ctrl-C is for us: we stop our children in their order
    )
