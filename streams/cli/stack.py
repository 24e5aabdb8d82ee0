"""The door to the local services. What they need is an extra: it is looked for here, and nothing is imported before."""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from schemas.topics import app_id
from streams.adapters.kafka import open_kafka
from streams.admin.live import follow_live
from streams.admin.prepare import prepare, set_topics_right
from streams.errors import ConfigurationError, LocalModeError, TransientError
from streams.settings import Settings
from streams.topology import NAMES

if TYPE_CHECKING:
    from streams.local.run_state import PartState
    from streams.local.stack import Endpoints, LocalStack

NEEDED = ("jgo", "chdb", "uvicorn", "starlette")
ENVIRONMENT = {"TURNLOG_INSTANCE_ID": "local"}
"""A stage that is started again takes its partitions back at once, without waiting for the old one to be missed."""

LOOK_EVERY_S, STAGES_LOOKS = 0.2, 300

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


def stages(state_dir: Path | None, settings: Settings) -> "dict[str, PartState]":
    """The processes of the stages, where the settings' services are those of this folder."""
    from streams.local.background import read_run

    run = read_run(state_dir)
    if run is None or not run.ready or run.endpoints.kafka != settings.kafka:
        return {}
    return {name: part for name, part in run.parts.items() if name in NAMES}


def running_with(state_dir: Path | None, settings: Settings) -> "Endpoints | None":
    """Like `running`. Raises ConfigurationError where the services were started with other settings than these."""
    from streams.local.background import read_run
    from streams.local.started_with import differing

    run = read_run(state_dir)
    if run is None or not run.ready:
        return None
    if run.started_with is not None and (names := differing(run.started_with, settings)):
        raise ConfigurationError(
            f"the services that run here were started with other settings: {', '.join(names)} differ."
            " Run `turnlog down` first, or set them as they were"
        )
    return run.endpoints


def start(state_dir: Path | None, settings: Settings, tell: Tell) -> "Endpoints":
    """Start the services in a process that outlives us. Where they run already with these settings nothing happens."""
    found = running_with(state_dir, settings)
    if found is None:
        require_extra()
        from streams.local.background import start_in_background

        found = start_in_background(state_dir, on_progress=tell).endpoints
        tell("waiting for the stages to take up their partitions")
        asyncio.run(_wait_for_stages(settings.model_copy(update=found._asdict())))
    return found


async def _wait_for_stages(settings: Settings) -> None:
    """Until every stage reads; not for ever: one that cannot is for `turnlog status` to tell."""
    with suppress(TransientError):
        settings = await asyncio.to_thread(follow_live, settings)
        waiting = [app_id(name, settings.generation) for name in NAMES]
        async with open_kafka(settings) as kafka:
            for _ in range(STAGES_LOOKS):
                waiting = [group for group in waiting if not await kafka.is_settled(group)]
                if not waiting:
                    return
                await asyncio.sleep(LOOK_EVERY_S)


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
    found = start(state_dir, settings, tell) if keep else running_with(state_dir, settings)
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
    from streams.local.started_with import started_with
    from streams.monitor.above import running_stages, watched

    with watched(settings.http, lambda: running_stages(stack.parts())) as address:
        environment = {**ENVIRONMENT, "TURNLOG_HTTP": address}
        stack = LocalStack(
            state_dir, environment=environment, started_with=started_with(settings), standby=settings.standby
        )
        yield stack
