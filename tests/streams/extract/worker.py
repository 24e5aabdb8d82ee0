"""The stage in a process of its own, on topics that no other test uses; a model that was away is soon asked again."""

import logging
import os
import sys
from collections.abc import AsyncIterator

from streams.engine import run
from streams.extract.agents import Extract, build
from streams.ports import Chunk, Effects, State
from streams.settings import Settings
from streams.topology import engine_settings, spec_for

FIRST_S = 0.5
PREFIX = os.environ.get("PREFIX", "")


def named(topic: str) -> str:
    return f"{PREFIX}.{topic}"


class Renamed:
    """The stage; its results go to a topic of the test's."""

    def __init__(self, stage: Extract) -> None:
        self._stage, self.tick_every = stage, stage.tick_every

    def process(self, chunk: Chunk, state: State) -> AsyncIterator[Effects]:
        return self._renamed(self._stage.process(chunk, state))

    def tick(self, now: int, state: State) -> Effects | AsyncIterator[Effects]:
        made = self._stage.tick(now, state)
        return made if isinstance(made, Effects) else self._renamed(made)

    async def _renamed(self, made: AsyncIterator[Effects]) -> AsyncIterator[Effects]:
        async for effects in made:
            yield effects._replace(outputs=[each._replace(topic=named(each.topic)) for each in effects.outputs])


def build_renamed(partition: int, state: State) -> Renamed:
    stage = BUILD(partition, state)
    assert isinstance(stage, Extract)
    return Renamed(stage)


if __name__ == "__main__":
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(name)s %(levelname)s %(message)s")
    settings = Settings()
    BUILD = build(settings, first_s=FIRST_S)
    spec = spec_for("extract", settings)
    names = {
        "app_id": named(spec.app_id),
        "sources": tuple(map(named, spec.sources)),
        "outputs": tuple(map(named, spec.outputs)),
        "changelog": named("table"),
        "build": build_renamed,
    }
    run(spec.model_copy(update=names), engine_settings(settings))
