"""The order in which results leave: first in, first out within a line. A slow answer holds back its line."""

from collections import deque
from collections.abc import Callable, Hashable, Iterator, Sequence


class Line:
    """Places 0..n-1 of a chunk, queued by line: a scope and generation."""

    def __init__(self, lines: Sequence[Hashable]) -> None:
        self._queues: dict[Hashable, deque[int]] = {}
        self._left = [False] * len(lines)
        self._first = 0
        for place, line in enumerate(lines):
            self._queues.setdefault(line, deque()).append(place)

    def leave(self, may_leave: Callable[[int], bool]) -> Iterator[int]:
        """The places that leave now, line by line: those with nobody before them who may not.

        Each is asked about after what came of those before it.
        """
        for line, queue in list(self._queues.items()):
            while queue and may_leave(queue[0]):
                place = queue.popleft()
                self._left[place] = True
                yield place
            if not queue:
                del self._queues[line]

    def first_waiting(self) -> int | None:
        """The first place that has not left; everything before it has."""
        while self._first < len(self._left) and self._left[self._first]:
            self._first += 1
        return self._first if self._first < len(self._left) else None
