"""Which parked windows are looked at now: none before its time, and of an extractor that is away only one."""

from collections.abc import Mapping
from typing import NamedTuple

from streams.extract.outages import Outages
from streams.extract.parked import Head


class Due(NamedTuple):
    """Lines to go on with, and how many of each; lines whose first window finds out whether an extractor is back."""

    lines: dict[bytes, int]
    tries: tuple[bytes, ...]

    def __bool__(self) -> bool:
        return bool(self.lines or self.tries)


def due(heads: Mapping[bytes, Head], outages: Outages, now: int, most: int, *, most_alone: int | None = None) -> Due:
    """At most `most` windows, and one for each extractor that may be back; every line has its turn.

    Of windows that were tried in vain while others got their answers at most `most_alone`: they may hang again.
    """
    ready: list[bytes] = []
    tries: dict[str, bytes] = {}
    alone = 0
    for line, head in heads.items():
        outage = outages.of(head.away) if head.away else None
        if head.due > now:
            continue
        if outage is not None and outage.until <= now:
            tries.setdefault(head.away, line)
        elif outage is None:
            alone += head.alone > 0
            if not head.alone or most_alone is None or alone <= most_alone:
                ready.append(line)
    share = max(1, most // max(1, len(ready)))
    return Due(dict.fromkeys(ready[:most], share), tuple(tries.values()))
