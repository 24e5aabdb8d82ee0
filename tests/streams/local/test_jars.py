"""Jars are fetched once, checked, and never used when they are not what they must be."""

import hashlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.jars import Jar, Release, fetch_jars, read_release
from streams.local.ports import find_free_ports

CONTENTS = {"one": b"the first jar" * 1000, "two": b"the second jar" * 1000}


class Repository:
    """A small Maven repository on this machine, and the manifest of what it should hold."""

    def __init__(self, folder: Path, port: int) -> None:
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        entries = [
            Jar(group="org.example", artifact=name, version="1.0", sha256=sha256(content), size=len(content))
            for name, content in CONTENTS.items()
        ]
        self.release = Release(name="Example", version="1.0", jars=tuple(entries))
        for name, content in CONTENTS.items():
            self.put(name, content)

    def put(self, name: str, content: bytes) -> None:
        path = self.folder / "org" / "example" / name / "1.0" / f"{name}-1.0.jar"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class Silent(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[Repository]:
    folder = tmp_path / "repository"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Silent, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield Repository(folder, server.server_port)
        server.shutdown()
        thread.join()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch(repository: Repository, cache: Path, lines: list[str]) -> list[bytes]:
    repositories = {"here": repository.url}
    found = fetch_jars(cache, release=repository.release, on_progress=lines.append, repositories=repositories)
    return [path.read_bytes() for path in found]


def test_jars_are_fetched_once_and_then_found(repository: Repository, tmp_path: Path) -> None:
    lines: list[str] = []
    assert fetch(repository, tmp_path / "cache", lines) == list(CONTENTS.values())
    assert lines == ["fetching Example 1.0, 1 MB"]
    shutil.rmtree(repository.folder)
    assert fetch(repository, tmp_path / "cache", lines) == list(CONTENTS.values())
    assert len(lines) == 1


def test_a_jar_that_was_changed_in_the_cache_is_fetched_again(repository: Repository, tmp_path: Path) -> None:
    lines: list[str] = []
    fetch(repository, tmp_path / "cache", lines)
    (tmp_path / "cache" / "kafka-1.0" / "one-1.0.jar").write_bytes(b"something else")
    assert fetch(repository, tmp_path / "cache", lines) == list(CONTENTS.values())
    assert len(lines) == 2


def test_a_jar_with_another_checksum_is_refused_and_not_kept(repository: Repository, tmp_path: Path) -> None:
    repository.put("two", b"a page of a proxy")
    with pytest.raises(LocalModeError, match=r"two-1\.0\.jar is not the file it must be") as refused:
        fetch(repository, tmp_path / "cache", [])
    assert sha256(b"a page of a proxy") in str(refused.value)
    assert not (tmp_path / "cache" / "kafka-1.0" / "two-1.0.jar").exists()
    repository.put("two", CONTENTS["two"])
    assert fetch(repository, tmp_path / "cache", []) == list(CONTENTS.values())


def test_without_a_repository_the_ways_out_are_named(tmp_path: Path) -> None:
    (port,) = find_free_ports(1)
    with pytest.raises(LocalModeError, match=r"cannot fetch Apache Kafka 4\.2\.2 \(33 jars, 37 MB\)") as refused:
        fetch_jars(tmp_path / "cache", repositories={"nowhere": f"http://127.0.0.1:{port}"})
    for way_out in ("jgo.conf", str(tmp_path / "cache"), "TURNLOG_KAFKA"):
        assert way_out in str(refused.value)


def test_several_may_fetch_at_once(repository: Repository, tmp_path: Path) -> None:
    lines: list[str] = []
    found: list[list[bytes]] = []
    fetchers = [
        threading.Thread(target=lambda: found.append(fetch(repository, tmp_path / "cache", lines))) for _ in range(6)
    ]
    for fetcher in fetchers:
        fetcher.start()
    for fetcher in fetchers:
        fetcher.join()
    assert found == [list(CONTENTS.values())] * 6
    assert len(lines) == 1


def test_the_pinned_release_is_whole() -> None:
    release = read_release()
    assert str(release) == "Apache Kafka 4.2.2"
    assert len({jar.filename for jar in release.jars}) == len(release.jars) == 33
    assert all(len(jar.sha256) == 64 for jar in release.jars)
    kafka = {jar.version for jar in release.jars if jar.group == "org.apache.kafka"}
    assert kafka == {release.version}
