"""The local stack in one state folder: broker, database and the stages, all supervised from this process."""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from streams.errors import LocalModeError
from streams.local.child import Child, module_environment, stage_arguments, stage_command
from streams.local.clickhouse.local import LocalClickHouse
from streams.local.folders import default_state_dir
from streams.local.jars import Progress
from streams.local.kafka import LocalKafka
from streams.local.lock import FolderLock, check_space
from streams.local.run_state import PartState, end_stale_parts
from streams.local.signals import ending_calls, ending_exits
from streams.local.started_with import StartedWith
from streams.local.supervisor import Part, Supervisor
from streams.runs import FINAL

RUN_FILE = "run.json"
LOGS = "logs"
START_TIMEOUT = 90.0
CHECK_EVERY = 1.0
LEAST_SPACE = 256 << 20
"""Bytes that must be free for a start: new segments and parts are written at once."""

STAGES_LEVEL, SERVICES_LEVEL = 1, 0


class Endpoints(NamedTuple):
    """Where the services of a stack are."""

    kafka: str
    """Host and port."""
    clickhouse: str
    """An http address."""


class LocalStack:
    """Kafka, ClickHouse and the stages of turnlog, in one folder. All of it ends when `down` is called or we end.

    A process that is killed is started again on the same port with what it had stored.
    """

    def __init__(
        self,
        state_dir: Path | None = None,
        *,
        kafka_port: int | None = None,
        clickhouse_port: int | None = None,
        cache: Path | None = None,
        command: Callable[[str], Sequence[str]] = stage_command,
        environment: Mapping[str, str] | None = None,
        started_with: StartedWith | None = None,
        standby: bool = False,
    ) -> None:
        """`standby`: keep a process loaded that takes the place of a stage that ended."""
        self.state_dir = (state_dir or default_state_dir()).absolute()
        self._kafka_port, self._clickhouse_port, self._cache = kafka_port, clickhouse_port, cache
        self._command, self._environment = command, dict(environment or {})
        self._started_with, self._has_standby = started_with, standby
        self._open: ExitStack | None = None
        self._supervisor = Supervisor()
        self._endpoints: Endpoints | None = None

    def up(
        self,
        workers: Sequence[str],
        prepare: Callable[[Endpoints], Mapping[str, str] | None],
        on_progress: Progress = lambda line: None,
    ) -> Endpoints:
        """Start everything: the services, then what `prepare` does with them, then the stages of these names, in the
        environment that it answers with.

        Returns once the stages run. Raises `LocalModeError`, and leaves nothing running, when that fails; among the
        reasons is another stack on the same folder. Until `down`, SIGTERM raises `SystemExit` in the main thread.
        """
        if self._open is not None:
            raise LocalModeError(f"the stack in {self.state_dir} is up already")
        with ExitStack() as opened:
            opened.enter_context(ending_exits())
            opened.enter_context(FolderLock(self.state_dir))
            endpoints = self._start_services(opened, on_progress)
            self._environment |= prepare(endpoints) or {}
            if workers:
                on_progress(f"starting {', '.join(workers)}")
            self._supervisor.add(self._stage_part(stage, endpoints) for stage in workers)
            self._supervisor.wait_ready(workers, START_TIMEOUT)
            self._supervisor.tell(ready=True)
            self._open = opened.pop_all()
        self._endpoints = endpoints
        return endpoints

    def down(self) -> None:
        """Stop the stages, then the services. The second time does nothing."""
        if self._open is not None:
            opened, self._open, self._endpoints = self._open, None, None
            opened.close()

    def serve(
        self,
        workers: Sequence[str],
        prepare: Callable[[Endpoints], Mapping[str, str] | None],
        on_progress: Progress = lambda line: None,
    ) -> None:
        """`up`, wait for a signal to end, `down`. Blocks."""
        ended = threading.Event()
        with self:
            self.up(workers, prepare, on_progress)
            with ending_calls(ended.set):
                while not ended.wait(CHECK_EVERY):
                    self._supervisor.check()

    @property
    def endpoints(self) -> Endpoints:
        if self._endpoints is None:
            raise LocalModeError(f"the stack in {self.state_dir} is not up")
        return self._endpoints

    def parts(self) -> Mapping[str, PartState]:
        """Process ids, restarts and last exit codes, by name."""
        return self._supervisor.parts()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.down()

    def _start_services(self, opened: ExitStack, on_progress: Progress) -> Endpoints:
        """Broker and database start side by side."""
        check_space(self.state_dir, least=LEAST_SPACE)
        end_stale_parts(self.state_dir / RUN_FILE)
        logs = self.state_dir / LOGS
        kafka = LocalKafka(
            self.state_dir / "kafka",
            port=self._kafka_port,
            cache=self._cache,
            log=logs / "kafka.log",
            on_progress=on_progress,
        )
        clickhouse = LocalClickHouse(
            self.state_dir / "clickhouse", port=self._clickhouse_port, log=logs / "clickhouse.log"
        )
        opened.callback(kafka.stop, 0)  # the supervisor has stopped them by then: this gives their folders back
        opened.callback(clickhouse.stop, 0)
        parts = [service_part(kafka.prepare(), kafka.ready), service_part(clickhouse.prepare(), clickhouse.ready)]
        endpoints = Endpoints(kafka.address, clickhouse.address)
        self._supervisor = Supervisor(
            parts, state=self.state_dir / RUN_FILE, about=endpoints._asdict(), started_with=self._started_with
        )
        on_progress("starting Kafka and ClickHouse")
        opened.enter_context(running(self._supervisor))
        self._supervisor.wait_ready([part.name for part in parts], START_TIMEOUT)
        return endpoints

    def _stage_part(self, stage: str, endpoints: Endpoints) -> Part:
        environment = {
            **module_environment(),
            **self._environment,
            "TURNLOG_KAFKA": endpoints.kafka,
            "TURNLOG_CLICKHOUSE": endpoints.clickhouse,
        }
        log = self.state_dir / LOGS / f"{stage}.log"
        return Part(
            stage,
            self._command(stage),
            log=log,
            env=environment,
            level=STAGES_LEVEL,
            final=FINAL,
            standby=stage_arguments(stage) if self._has_standby else (),
        )


def service_part(child: Child, ready: Callable[[], bool]) -> Part:
    """A prepared service, to be kept running."""
    return Part(
        child.name, child.command, log=child.log, env=child.env, cwd=child.cwd, ready=ready, level=SERVICES_LEVEL
    )


@contextlib.contextmanager
def running(supervisor: Supervisor) -> Iterator[None]:
    """Runs the supervisor in a thread. Ctrl-C while it stops its children makes it hurry."""
    thread = threading.Thread(target=supervisor.run, name="supervisor")
    thread.start()
    try:
        yield
    finally:
        supervisor.stop()
        try:
            thread.join()
        except BaseException:
            supervisor.stop()
            thread.join()
            raise
