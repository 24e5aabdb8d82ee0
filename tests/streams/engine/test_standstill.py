"""An event loop that stands still: in a stage's own code, or in something that no record can help."""

import asyncio
import threading

import pytest

from streams.engine.standstill import is_of_stage, modules_of

LANE = ("streams.engine.stage_lane", "streams.engine.lane")
COMMIT = ("threading", "streams.failpoints", "streams.engine.transaction", "streams.engine.stage_lane")
BLOCKED = ("streams.monitor.logs", "logging", "streams.engine.report")


@pytest.mark.parametrize(
    ("modules", "called", "found"),
    [
        (("re", "streams.ingest.redact", *LANE), True, True),
        (("streams.extract.verbatim", "streams.extract.calls"), False, True),
        (COMMIT, False, False),
        ((*BLOCKED, *LANE), False, False),
        (("logging", "streams.extract.extractors", *LANE), True, False),
        (("logging", "streams.sink.agents"), False, False),
        (("aiokafka.client", "streams.window.backlog", *LANE), True, False),
        (("socket", "aiokafka.conn"), False, False),
        (("mode.services",), False, False),
        ((), False, False),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) and value else "",
)
def test_only_the_code_of_a_stage_is_laid_to_it(modules: tuple[str, ...], called: bool, found: bool) -> None:
    assert is_of_stage(modules, called=called) is found


async def test_the_frames_are_those_of_the_task_that_runs_the_innermost_first() -> None:
    """Not those below it: whoever runs the loop is part of the engine."""
    found: list[list[str]] = []
    loop, thread = asyncio.get_running_loop(), threading.get_ident()

    def look() -> None:
        task = asyncio.current_task(loop)
        assert task is not None
        found.append(list(modules_of(task, thread)))

    async def wait() -> None:
        looking = threading.Thread(target=look)
        looking.start()
        looking.join()

    await asyncio.create_task(wait())
    assert found[0][-1] == __name__
    assert set(found[0]) == {__name__, "threading"}
