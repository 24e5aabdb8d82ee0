"""The process that keeps stages running answers for all of them: it asks each, and adds what only it can know."""

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.client import HTTPException
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import orjson
from prometheus_client import generate_latest
from prometheus_client.core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector

from streams import metrics
from streams.local.run_state import PartState, is_looping
from streams.monitor.http import JSON, METRICS, UNIX, Answer, ask, serve
from streams.topology import NAMES

ASK_S = 2.0
"""A stage whose process does not answer within this is not well."""
PLACE = "{stage}.sock"


class Running(NamedTuple):
    """A stage's process as its supervisor sees it."""

    pid: int | None
    restarts: int
    last_exit: int | None
    exits: Mapping[int, int]
    """Exit code -> how often."""
    failures: int = 0
    """Short runs in a row."""
    looping: bool = False
    stopped: bool = False
    """It is not started again."""


Look = Callable[[], Mapping[str, Running]]


def running_stages(parts: Mapping[str, PartState]) -> dict[str, Running]:
    """The stages among the parts of a supervisor."""
    return {
        name: Running(
            part.pid,
            part.restarts,
            part.last_exit,
            part.exits,
            part.failures,
            is_looping(part, now=time.time()),
            part.stopped,
        )
        for name, part in parts.items()
        if name in NAMES
    }


class Above:
    """`/metrics` and `/health` of all stages of a supervisor. Each stage serves a socket in `folder`."""

    def __init__(self, folder: Path, look: Look) -> None:
        self._folder, self._look = folder, look
        self._one_at_a_time = threading.Lock()

    def metrics(self) -> Answer:
        running = self._look()
        texts = self._ask_all(running, "/metrics")
        verdicts = self._verdicts(running)
        with self._one_at_a_time:
            _show(running, answering={name for name, answer in texts.items() if answer}, verdicts=verdicts)
            ours = generate_latest(metrics.SUPERVISOR)
        theirs = Merged({name: answer.body.decode() for name, answer in texts.items() if answer})
        return Answer(200, METRICS, ours + generate_latest(theirs))

    def health(self) -> Answer:
        verdicts = self._verdicts(self._look())
        healthy = bool(verdicts) and all(found["healthy"] for found in verdicts.values())
        return Answer(200 if healthy else 503, JSON, orjson.dumps({"healthy": healthy, "stages": verdicts}))

    def _verdicts(self, running: Mapping[str, Running]) -> dict[str, dict[str, object]]:
        answers = self._ask_all(running, "/health")
        return {name: _verdict(process, answers[name]) for name, process in running.items()}

    def _ask_all(self, names: Iterable[str], page: str) -> dict[str, Answer | None]:
        """Side by side: one that hangs keeps nobody else waiting."""
        with ThreadPoolExecutor(max_workers=16) as pool:
            asked = {name: pool.submit(self._ask, name, page) for name in names}
            return {name: future.result() for name, future in asked.items()}

    def _ask(self, name: str, page: str) -> Answer | None:
        try:
            return ask(self._folder / PLACE.replace("{stage}", name), page, timeout_s=ASK_S)
        except (OSError, HTTPException):
            return None


@contextmanager
def watched(address: str, look: Look) -> Iterator[str]:
    """Serve both pages at the address while inside -> what `TURNLOG_HTTP` must be for the stages; "" without address.

    Raises ConfigurationError where nothing can listen there.
    """
    if not address:
        yield ""
        return
    with TemporaryDirectory(prefix="turnlog-") as folder:  # ours alone; a socket's path must be short
        above = Above(Path(folder), look)
        server = serve(address, {"/metrics": above.metrics, "/health": above.health})
        try:
            yield f"{UNIX}{folder}/{PLACE}"
        finally:
            server.shutdown()
            server.server_close()


class Merged(Collector):
    """What several stages told, as one exposition: each family once, every sample with its stage."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts

    def collect(self) -> Iterator[Metric]:
        families: dict[str, Metric] = {}
        for stage, text in self._texts.items():
            for family in text_string_to_metric_families(text):
                known = families.setdefault(family.name, Metric(family.name, family.documentation, family.type))
                known.samples += [
                    sample._replace(labels={"stage": stage, **sample.labels}) for sample in family.samples
                ]
        yield from families.values()


def _show(running: Mapping[str, Running], *, answering: set[str], verdicts: Mapping[str, Mapping[str, object]]) -> None:
    for name, process in running.items():
        metrics.UP.labels(name).set(process.pid is not None and name in answering)
        metrics.HEALTHY.labels(name).set(bool(verdicts[name]["healthy"]))
        metrics.SHORT_RUNS.labels(name).set(process.failures if process.looping else 0)
        metrics.STOPPED.labels(name).set(process.stopped)
        restarts = metrics.RESTARTS.labels(name)
        restarts.reset()
        restarts.inc(process.restarts)
        for code, number in process.exits.items():
            exits = metrics.EXITS.labels(name, str(code))
            exits.reset()
            exits.inc(number)


def _verdict(process: Running, answer: Answer | None) -> dict[str, object]:
    said: dict[str, object] = {"restarts": process.restarts}
    if process.stopped:
        return {"healthy": False, "state": f"stopped for good with code {process.last_exit}", **said}
    if process.pid is None:
        ended = "" if process.last_exit is None else f", it ended with code {process.last_exit}"
        return {"healthy": False, "state": f"does not run{ended}", **said}
    if process.looping:
        state = f"ends again and again: {process.failures} times in a row, last with code {process.last_exit}"
        return {"healthy": False, "state": state, **said}
    if answer is None:
        return {"healthy": False, "state": "does not answer, or not yet", **said}
    told = orjson.loads(answer.body)
    return {name: value for name, value in told.items() if name != "stage"} | said
