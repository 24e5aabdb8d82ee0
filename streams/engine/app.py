"""A stage as a Faust app: settings, life cycle and group membership are Faust's, the data path is the lanes'."""

from typing import Any

import faust
import faust.streams
from mode import CrashingSupervisor

from streams.engine.exits import EngineError, ExitCode, die
from streams.engine.lane import Commit, OnCommit
from streams.engine.lanes import Lanes
from streams.engine.membership import Tables, Transport
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.engine.watchdog import Watchdog

ENV_PREFIX = "TURNLOG_FAUST_"


def no_one_listens(commit: Commit) -> None:
    """The default `on_commit`."""


class StageApp(faust.App):  # type: ignore[misc]
    """One stage; its agent only makes Faust subscribe, its table only names the changelog."""

    def __init__(self, spec: StageSpec, settings: EngineSettings, on_commit: OnCommit) -> None:
        self.spec, self.settings = spec, settings
        self.lanes = Lanes(spec, settings, on_commit)
        self.watchdog = Watchdog(spec.name, self.lanes, settings)
        super().__init__(spec.app_id, **_faust_settings(spec, settings))
        if spec.changelog is not None:
            changelog = self.topic(spec.changelog, partitions=spec.partitions)
            self.Table(spec.name, partitions=spec.partitions, changelog_topic=changelog)
        self.agent(self.topic(*spec.sources, value_type=bytes), name=spec.name)(self._subscribe)

    async def _subscribe(self, stream: Any) -> None:
        """Makes Faust subscribe to the sources; never receives anything."""
        async for _ in stream:
            die(EngineError(ExitCode.CRASH, "a record took the way through Faust"))

    async def on_start(self) -> None:
        await super().on_start()
        self.watching = self.watchdog.start()

    def _new_transport(self) -> Transport:
        return Transport(self.conf.broker_consumer, self)

    def _new_producer_transport(self) -> Transport:
        return Transport(self.conf.broker_producer, self)

    def _create_directories(self) -> None:
        """Nothing is kept in files."""


def app_for(spec: StageSpec, settings: EngineSettings, *, on_commit: OnCommit = no_one_listens) -> StageApp:
    """Build the Faust app of a stage; nothing is global, nothing is started."""
    if faust.streams._CStreamIterator is None:
        raise EngineError(ExitCode.CRASH, "Faust runs without its Cython extension: install the binary wheel")
    return StageApp(spec, settings, on_commit)


def _faust_settings(spec: StageSpec, settings: EngineSettings) -> dict[str, Any]:
    return {
        "broker": [f"kafka://{broker}" for broker in settings.brokers.split(",")],
        "env_prefix": ENV_PREFIX,  # upstream lets a plain BROKER_URL override the argument
        "env": {},
        "store": "memory://",
        "topic_partitions": spec.partitions,
        "topic_disable_leader": True,
        "topic_allow_declare": False,
        "table_standby_replicas": 0,
        "TableManager": Tables,
        "web_enabled": False,
        "stream_wait_empty": False,
        "consumer_auto_offset_reset": "earliest",
        "consumer_group_instance_id": settings.instance_id,
        "broker_session_timeout": settings.session_timeout_s,
        "broker_heartbeat_interval": settings.heartbeat_s,
        "broker_rebalance_timeout": settings.rebalance_timeout_s,
        "broker_request_timeout": max(30.0, 2 * settings.session_timeout_s),
        "agent_supervisor": CrashingSupervisor,
    }
