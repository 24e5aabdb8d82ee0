"""The broker's jars: pinned by version and SHA-256, fetched once through `jgo`, kept in the user's cache folder."""

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from streams.errors import LocalModeError
from streams.local.folders import default_cache_dir
from streams.local.lock import FolderLock, create_folder

MANIFEST = Path(__file__).with_name("kafka_jars.json")
VERIFIED = "verified.json"
DOWNLOADS = 4
TIMEOUT = 30

Progress = Callable[[str], None]


class Jar(BaseModel):
    """One file of Maven Central, as it must be."""

    model_config = ConfigDict(frozen=True)

    group: str
    artifact: str
    version: str
    sha256: str
    size: int

    @property
    def filename(self) -> str:
        return f"{self.artifact}-{self.version}.jar"


class Release(BaseModel):
    """The jars that together are the broker, in the order of the class path."""

    model_config = ConfigDict(frozen=True)

    name: str
    version: str
    jars: tuple[Jar, ...]

    @property
    def megabytes(self) -> int:
        return round(sum(jar.size for jar in self.jars) / 1e6)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


def read_release() -> Release:
    """The release this version of turnlog runs."""
    return Release.model_validate_json(MANIFEST.read_bytes())


def fetch_jars(
    cache: Path | None = None,
    *,
    release: Release | None = None,
    on_progress: Progress = lambda line: None,
    repositories: Mapping[str, str] | None = None,
) -> list[Path]:
    """The paths of the broker's jars, fetched if they are not in the cache yet.

    Every file is checked against its SHA-256 before it gets its name in the cache. Several processes may call this
    at once: one fetches, the others wait. `repositories` replaces those of jgo's own configuration and Maven Central.
    Raises `LocalModeError` when a jar cannot be had or is not what it must be.
    """
    release = release or read_release()
    folder = (cache or default_cache_dir()) / f"kafka-{release.version}"
    if not is_verified(release, folder):
        create_folder(folder)
        with FolderLock(folder, name=".lock").acquire(wait=True):
            if not is_verified(release, folder):
                complete(release, folder, on_progress, repositories)
    return [folder / jar.filename for jar in release.jars]


def is_verified(release: Release, folder: Path) -> bool:
    """The files are the ones that were checked: same hashes wanted, same sizes and times as then."""
    try:
        return bool(json.loads((folder / VERIFIED).read_text()) == describe(release, folder))
    except (FileNotFoundError, ValueError):
        return False


def describe(release: Release, folder: Path) -> dict[str, list[str | int]]:
    """What tells a changed file cheaply."""
    stats = {jar: (folder / jar.filename).stat() for jar in release.jars}
    return {jar.filename: [jar.sha256, stat.st_size, stat.st_mtime_ns] for jar, stat in stats.items()}


def complete(release: Release, folder: Path, on_progress: Progress, repositories: Mapping[str, str] | None) -> None:
    """Check what is there, fetch the rest, and remember that all of it is right."""
    missing = [jar for jar in release.jars if hash_of(folder / jar.filename) != jar.sha256]
    if missing:
        on_progress(f"fetching {release}, {max(1, round(sum(jar.size for jar in missing) / 1e6))} MB")
        download(release, missing, folder, repositories)
    (folder / VERIFIED).write_text(json.dumps(describe(release, folder)))


def download(release: Release, jars: Sequence[Jar], folder: Path, repositories: Mapping[str, str] | None) -> None:
    """Fetch jars side by side into a folder of their own, and move each into its place once it is checked."""
    with tempfile.TemporaryDirectory(dir=folder, prefix=".incoming-") as incoming:
        context = open_context(Path(incoming), repositories)

        def fetch(jar: Jar) -> None:
            try:
                found = Path(context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve())
            except Exception as error:  # jgo lets those of requests, of the system and its own through
                raise unreachable(release, folder, error) from error
            if (actual := hash_of(found)) != jar.sha256:
                raise LocalModeError(
                    f"{jar.filename} is not the file it must be (SHA-256 {actual}, expected {jar.sha256}): "
                    "a proxy or mirror may have answered with something else. Nothing was kept; "
                    f"try again, or put the right file into {folder}"
                )
            shutil.move(found, folder / jar.filename)

        with ThreadPoolExecutor(DOWNLOADS) as pool:
            for done in [pool.submit(fetch, jar) for jar in jars]:
                try:
                    done.result()
                except BaseException:
                    pool.shutdown(wait=False, cancel_futures=True)
                    raise


def open_context(cache: Path, repositories: Mapping[str, str] | None):  # type: ignore[no-untyped-def]
    """jgo, with the repositories of its configuration file before Maven Central; `requests` finds the proxies."""
    try:
        from jgo.config import GlobalSettings
        from jgo.constants import MAVEN_CENTRAL_URL
        from jgo.maven import MavenContext
    except ImportError:
        raise LocalModeError("local mode needs more packages: pip install 'turnlog[local]'") from None
    if repositories is None:
        repositories = {**GlobalSettings.load().repositories, "central": MAVEN_CENTRAL_URL}
    return MavenContext(repo_cache=cache, remote_repos=dict(repositories), timeout=TIMEOUT)


def unreachable(release: Release, folder: Path, error: Exception) -> LocalModeError:
    return LocalModeError(
        f"cannot fetch {release} ({len(release.jars)} jars, {release.megabytes} MB): {error}\n"
        "The ways out: connect to the internet once (the jars are kept); name a mirror of Maven Central under "
        f"[repositories] in ~/.config/jgo.conf; copy the jars into {folder}; "
        "or point TURNLOG_KAFKA at a Kafka of your own."
    )


def hash_of(path: Path) -> str | None:
    """SHA-256 of a file, None when there is none."""
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return None
