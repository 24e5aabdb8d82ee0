"""A session-ended record for every conversation that a file leaves open, after its last submission there."""

from collections.abc import Iterable, Iterator, Set

from streams.publish.entry import Conversation, Entry, session_ended


def find_open_ends(entries: Iterable[Entry]) -> set[int]:
    """The places (0, 1, ...) of the last submissions of conversations that no later control record closes."""
    last: dict[Conversation, int] = {}
    for place, entry in enumerate(entries):
        if entry.conversation is None:
            continue
        if entry.kind == "submission":
            last[entry.conversation] = place
        else:
            last.pop(entry.conversation, None)
    return set(last.values())


def with_endings(entries: Iterable[Entry], open_ends: Set[int]) -> Iterator[Entry]:
    """The same entries with the missing endings. `open_ends`: found in the same entries."""
    for place, entry in enumerate(entries):
        yield entry
        if place in open_ends and entry.conversation is not None:
            yield session_ended(entry.conversation, entry.line)
