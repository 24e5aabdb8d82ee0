"""The examples of infra/publishers: what each needs, how it is built and run, and how its client partitions."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

import pytest

from streams.partitioning import partition_of

FOLDER = Path(__file__).parents[2] / "infra" / "publishers"
REQUIRED = os.environ.get("TURNLOG_PUBLISHERS") == "all"
"""By hand: no example may be skipped."""
BUILD_S = 900
AWAY = re.compile(
    r"ENOTFOUND|ECONN|ETIMEDOUT|EAI_AGAIN|dial tcp|i/o timeout|no such host|Unknown host|Temporary failure in name"
    r"|Could not transfer artifact|[Cc]onnection (refused|timed out|reset)"
)
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
Tool = tuple[tuple[str, ...], tuple[int, ...]]


def crc32_of(key: bytes, partitions: int) -> int:
    """The default partitioner of librdkafka."""
    return zlib.crc32(key) % partitions


class Client(NamedTuple):
    """`tools`: commands that say their version, and the first that will do."""

    folder: str
    run: tuple[str, ...]
    tools: tuple[Tool, ...] = ()
    package: str | None = None
    build: tuple[str, ...] = ()
    partition_of: Callable[[bytes, int], int] = partition_of


CLIENTS = (
    Client("python-aiokafka", (sys.executable, "publish.py"), package="aiokafka"),
    Client("python-confluent", (sys.executable, "publish.py"), package="confluent_kafka", partition_of=crc32_of),
    Client(
        "node",
        ("node", "publish.js"),
        ((("node", "--version"), (18,)), (("npm", "--version"), ())),
        build=("npm", "ci", "--prefer-offline", "--no-audit", "--no-fund"),
    ),
    Client("go", ("./publish",), ((("go", "version"), (1, 21)),), build=("go", "build", "-buildvcs=false", ".")),
    Client(
        "java",
        ("java", "-cp", "target/classes:target/dependency/*", "Publish"),
        ((("java", "-version"), (17,)), (("mvn", "--version"), (3, 6))),
        build=("mvn", "-q", "-B", "compile", "dependency:copy-dependencies"),
    ),
    Client(
        "kcat",
        ("./publish.sh",),
        ((("bash", "--version"), ()), (("kcat", "-V"), ()), (("jq", "--version"), ())),
        partition_of=crc32_of,
    ),
)


def prepare(client: Client, folder: Path) -> Path:
    """A built copy of the example; skips the test where a tool is missing or what it needs cannot be fetched."""
    if client.package and importlib.util.find_spec(client.package) is None:
        leave_out(f"{client.package} is not installed")
    for command, first in client.tools:
        require(command, first)
    place = shutil.copytree(FOLDER / client.folder, folder / client.folder, ignore=_made)
    if client.build:
        built = subprocess.run(client.build, cwd=place, capture_output=True, text=True, timeout=BUILD_S)
        said = built.stdout + built.stderr
        if built.returncode and AWAY.search(said):
            leave_out(f"{client.build[0]} cannot fetch what {client.folder} needs: {said.strip().splitlines()[-1]}")
        assert built.returncode == 0, said
    return place


def require(command: tuple[str, ...], first: tuple[int, ...]) -> None:
    """Skips the test unless the tool is there, in a version that will do."""
    if shutil.which(command[0]) is None:
        leave_out(f"{command[0]} is not installed")
    told = subprocess.run(command, capture_output=True, text=True)
    found = re.search(r"\d+(\.\d+)*", COLOUR.sub("", told.stdout + told.stderr))
    assert found, f"{command} says no version"
    if tuple(map(int, found[0].split("."))) < first:
        leave_out(f"{command[0]} is {found[0]}, needs {'.'.join(map(str, first))}")


def leave_out(reason: str) -> NoReturn:
    if REQUIRED:
        pytest.fail(reason)
    pytest.skip(reason)


def _made(_: str, names: list[str]) -> set[str]:
    """What a build has left in the checkout stays there."""
    return {"node_modules", "target", "publish", "__pycache__"} & set(names)
