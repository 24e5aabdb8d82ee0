"""What a lane knows of records that may have crashed its worker.

It stands beside the committed offset, in the text that Kafka keeps with one, and so it moves with the partition, for a
stage with a table as for a writer. A commit that goes on without trouble leaves none.
"""

import json
from typing import NamedTuple, Self

MOST_CRASHES = 3
"""A record that was there so often when the worker crashed is given up."""
BURST = 5
"""So many records given up in a row are our fault: not one more is given up."""
BURST_SAID = (
    f"{BURST} records in a row were given up, and the next one crashes the stage too: it is not given up, and nothing "
    "behind it is read. Start a version or settings that can take it: it is tried again then"
)
CAREFUL = 250
"""Offsets that are handled one by one in a process that follows one that died: which record it was nobody knows."""


class Note(NamedTuple):
    """About the record at the committed offset, and those behind it."""

    until: int = 0
    """Records below this offset are suspects: each is handled alone."""
    shared: int = 0
    """Crashes that one of them caused: they count for the first that is given up."""
    own: int = 0
    """Crashes that the next record caused alone."""
    error: str = ""
    """The type of what was raised; empty where the process died of it."""
    run: str = ""
    """Which run of a worker has begun the next record alone."""
    letters: int = 0
    """Records given up in a row, up to here."""

    @property
    def crashes(self) -> int:
        return self.shared + self.own

    @property
    def is_spent(self) -> bool:
        """The next record has had its attempts."""
        return self.crashes >= MOST_CRASHES

    @property
    def is_burst(self) -> bool:
        """No record may be given up any more, until one goes well."""
        return self.letters >= BURST

    def suspects(self, position: int) -> bool:
        """Whether what comes next is to be handled alone."""
        return position < self.until

    def careful(self, position: int, number: int) -> Self:
        """Suspect the next so many offsets, whatever is known."""
        return self._replace(until=max(self.until, position + number))

    def after_success(self, position: int) -> Self:
        """The suspects up to here did no harm."""
        if not self.suspects(position):
            return type(self)()
        return type(self)(until=self.until, shared=self.shared, error=self.error if self.shared else "")

    def after_letter(self, position: int) -> Self:
        """The record before this position was given up: the crashes were its own."""
        return type(self)(until=self.until if self.suspects(position) else 0, letters=self.letters + 1)

    def after_crash(self, error: str, *, until: int, alone: bool) -> Self:
        """The stage raised: at this record, or somewhere in a chunk."""
        if alone:
            return self._replace(own=self.own + 1, error=error, run="")
        return type(self)(until=until, shared=1, error=error, letters=self.letters)

    def begun(self, run: str) -> Self:
        """The next record is about to be handled alone, in this run."""
        return self._replace(run=run)

    def after_run(self, died: str) -> Self:
        """Lay the end of a run to the record that it had begun alone; `died`: which run ended of itself, if one did."""
        if self.run and self.run == died:
            return self._replace(own=self.own + 1, error="", run="")
        return self._replace(run="")


def pack(note: Note) -> str:
    """As text for Kafka; empty where there is nothing to say."""
    told = {name: value for name, value in note._asdict().items() if value != Note._field_defaults[name]}
    return json.dumps(told, separators=(",", ":")) if told else ""


def unpack(text: str | None) -> Note:
    """The inverse. A text that is none of ours, as other tools leave it, is nothing to say."""
    try:
        told = json.loads(text or "{}")
        return Note(**{name: type(Note._field_defaults[name])(value) for name, value in told.items()})
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return Note()
