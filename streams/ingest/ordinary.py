"""The short way to a decision for the ordinary submission: turns that are new, and nothing to settle.

It takes what has no job id and no secret, and knows none of the turns; what it does not take goes the long way, and
what it takes comes out the same there, at twice the cost.
"""

from collections.abc import Sequence
from typing import NamedTuple

from streams.ids import Ids
from streams.ingest.conversations import ENTRY, NAME, Conversation
from streams.ingest.decode import ReadOptions, ReadTurn
from streams.ingest.dedup import Indexes, find
from streams.ingest.identity import encode_options
from streams.ingest.rekey import Origin
from streams.overlay import Overlay

_NO_OPTIONS = encode_options(ReadOptions())


class NewTurns(NamedTuple):
    """A submission whose turns are all new. `entries`: what to remember of them; `weak`: how many have no identity."""

    ids: list[tuple[int, str]]
    entries: bytes
    job_id: str
    weak: int


def new_turns(
    turns: Sequence[ReadTurn], origin: Origin, conversation: Conversation, ids: Ids, table: Overlay, indexes: Indexes
) -> NewTurns | None:
    """None where a turn is known, comes twice, or has a place in a list for its identity, or no turn says anything."""
    digest = conversation.digest
    told: list[tuple[str, bytes]] = []
    new: list[tuple[int, str]] = []
    entries, weak, blank = b"", 0, True
    for role, text, name, said_at, event_id, _ in turns:
        if event_id is not None:
            turn_id = ids.turn_by_event(digest, event_id)
        elif said_at is not None:
            turn_id = ids.turn_by_time(digest, role, name, text, said_at)
        elif len(turns) == 1:
            turn_id, weak = ids.turn_by_coordinate(digest, origin.topic, origin.partition, origin.offset), 1
        else:
            return None
        content = ids.content(role, name, text)
        named = bytes.fromhex(turn_id[: 2 * NAME])
        if find(named, conversation, table, indexes) is not None or (entries and named in entries):
            return None
        blank = blank and (not text or text.isspace())
        new.append((len(new), turn_id))
        told.append((turn_id, content))
        entries += named + content[: ENTRY - NAME]
    return None if blank else NewTurns(new, entries, ids.job(digest, told, _NO_OPTIONS), weak)
