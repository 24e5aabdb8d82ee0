"""What a window did to one fact."""

from typing import Literal, NamedTuple, Self

from streams.resolve.counts import Tally
from streams.resolve.facts import Fact, Wording
from streams.resolve.timeline import Times, holds

MAX_INTERVALS = 100
"""Of a fact, the latest are told. Only a slot that changes hundreds of times has more."""

Kind = Literal["created", "confirmed", "superseded", "reinstated"]


class Change(NamedTuple):
    """A fact before and after. `before` is None and `times_before` empty for one that was unknown."""

    fact: bytes
    wording: Wording
    before: Fact | None
    now: Fact
    times_before: Times
    times: Times

    def revise(self) -> Self:
        """The same as the fact's next revision."""
        return self._replace(now=self.now._replace(revision=self.now.revision + 1))

    @property
    def is_visible(self) -> bool:
        """Whether anything that is told of the fact changed."""
        return self.now != self.before or self.times_before[-MAX_INTERVALS:] != self.times[-MAX_INTERVALS:]

    @property
    def kind(self) -> Kind:
        """What happened above all: coming to hold, or no longer, counts before being said again."""
        if self.before is None:
            return "created"
        was_active, is_active = holds(self.times_before), holds(self.times)
        if was_active == is_active and (self._gained_turns or self.times_before == self.times):
            return "confirmed"
        return "reinstated" if is_active else "superseded"

    @property
    def tally_of_turns(self) -> Tally:
        """What counts for the jobs whose turns say it."""
        return Tally(created=int(self.before is None), reconfirmed=int(self._gained_turns))

    @property
    def tally_of_slot(self) -> Tally:
        """What counts for the jobs whose turns speak of its slot."""
        held_or_unknown = self.before is None or holds(self.times_before)
        return Tally(superseded=int(held_or_unknown and not holds(self.times)))

    @property
    def _gained_turns(self) -> bool:
        return self.before is not None and self.now.confirmations > self.before.confirmations
