"""A stage's own process answers for itself."""

import logging
import threading

import orjson
from prometheus_client import generate_latest

from streams import metrics
from streams.engine import TakeVitals
from streams.errors import ConfigurationError
from streams.monitor.health import verdict
from streams.monitor.http import JSON, METRICS, Answer, serve
from streams.monitor.vitals import show

log = logging.getLogger(__name__)


class StagePages:
    """`/metrics` and `/health` of one stage, made when they are asked for."""

    def __init__(self, take: TakeVitals) -> None:
        self._take = take
        self._one_at_a_time = threading.Lock()

    def metrics(self) -> Answer:
        with self._one_at_a_time:
            show(self._take())
            return Answer(200, METRICS, generate_latest(metrics.STAGE))

    def health(self) -> Answer:
        vitals = self._take()
        health = verdict(vitals)
        body = orjson.dumps({"stage": vitals.stage, **health._asdict()})
        return Answer(200 if health.healthy else 503, JSON, body)


def watch_stage(address: str, take: TakeVitals) -> None:
    """Serve the pages of this process, if there is an address. One that cannot be watched works all the same."""
    if not address:
        return
    pages = StagePages(take)
    try:
        serve(address, {"/metrics": pages.metrics, "/health": pages.health})
    except ConfigurationError as error:
        log.warning("action=not_watched error=%s", error)
