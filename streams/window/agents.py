"""The window stage: `conversations` in, `extractions` and this generation's `jobs` out."""

from collections.abc import Callable

from streams.ids import Ids
from streams.ports import Chunk, Effects, State
from streams.settings import Settings
from streams.window.cut import Limits, limits_of
from streams.window.follow import Follower
from streams.window.state import Conversations


class Windows:
    """A `Processor`: a pure function of a chunk and the table, nothing is kept between chunks."""

    def __init__(self, limits: Limits, ids: Ids, generation: int) -> None:
        self._limits = limits
        self._ids = ids
        self._generation = generation

    def process(self, chunk: Chunk, state: State) -> Effects:
        """Follow the log. Raises for a record that ingest cannot have written: nothing of the chunk counts then."""
        conversations = Conversations(state)
        follower = Follower(self._limits, self._ids, self._generation, conversations)
        for record in chunk.records:
            follower.follow(record)
        return Effects(follower.outputs, conversations.changes(), chunk.after)


def build(settings: Settings) -> Callable[[int, State], Windows]:
    """How a lane gets its processor."""
    limits, ids = limits_of(settings.window), Ids(settings.hash_key)
    return lambda partition, state: Windows(limits, ids, settings.generation)
