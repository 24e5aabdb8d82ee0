"""Questions to an extractor, asked side by side; their answers come in the order they arrive."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import TypeVar

from streams.errors import ExtractionFailed
from streams.extract.extractor import Extractor, Reply
from streams.extract.request import Request

GATHER_S = 0.01
"""How long answers may be waited for before those in hand are given."""

K = TypeVar("K")


async def ask(
    extractor: Extractor, requests: Mapping[K, Request], *, calls: int
) -> AsyncGenerator[dict[K, Reply], None]:
    """Answers by key, in groups as they arrive; the first group may be empty. At most `calls` are in flight.

    An extractor in this process is asked one question after another, and all its answers come in one group.

    An extractor that gives up on a question answers with an error; any other exception of it is raised here, and
    whatever is still in flight when the iterator is closed is cancelled.
    """
    free = asyncio.Semaphore(1 if extractor.in_process else calls)
    patience = None if extractor.in_process else GATHER_S
    tasks = {asyncio.create_task(_ask(extractor, request, free)): key for key, request in requests.items()}
    waiting = set(tasks)
    try:
        done: set[asyncio.Task[Reply]]
        done, waiting = await asyncio.wait(waiting, timeout=patience) if waiting else (set(), waiting)
        while True:
            yield {tasks[task]: task.result() for task in tasks if task in done}
            if not waiting:
                return
            done, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)


async def _ask(extractor: Extractor, request: Request, free: asyncio.Semaphore) -> Reply:
    async with free:
        try:
            return await extractor.extract(request)
        except ExtractionFailed as error:
            return Reply(error=str(error))
