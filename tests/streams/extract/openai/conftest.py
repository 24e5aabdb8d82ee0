"""One model server for the tests of this folder; each tells its own questions by a word in them."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from streams.extract.openai.extractor import OpenAI
from streams.settings import Settings
from tests.model_server import ModelServer

Made = Callable[..., OpenAI]


@pytest.fixture(scope="package")
def server() -> Iterator[ModelServer]:
    with ModelServer() as server:
        yield server


@pytest.fixture
async def openai(server: ModelServer) -> AsyncIterator[Made]:
    """Extractors that ask the server, with settings of the test."""
    made: dict[str, OpenAI] = {}

    def make(**settings: Any) -> OpenAI:
        given = {"openai_api_key": server.key, "openai_base_url": server.url, "model": "small", **settings}
        if (name := repr(given)) not in made:
            made[name] = OpenAI(Settings(**given), first_wait_s=0.01)
        return made[name]

    yield make
    for extractor in made.values():
        await extractor.close()
