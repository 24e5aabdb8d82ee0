"""The order in which results leave a chunk: first in, first out within a scope. A slow answer holds back its scope."""

from collections import deque
from collections.abc import Hashable, Sequence


class Line:
    """Places 0..n-1 of a chunk, queued by scope."""

    def __init__(self, scopes: Sequence[Hashable]) -> None:
        self._queues: dict[Hashable, deque[int]] = {}
        self._left = [False] * len(scopes)
        self._first = 0
        for place, scope in enumerate(scopes):
            self._queues.setdefault(scope, deque()).append(place)

    def leave(self, answered: Sequence[bool]) -> list[int]:
        """The places that may leave now, in order: those with nobody unanswered before them in their scope."""
        leaving: list[int] = []
        for queue in self._queues.values():
            while queue and answered[queue[0]]:
                leaving.append(queue.popleft())
        for place in leaving:
            self._left[place] = True
        return sorted(leaving)

    def first_waiting(self) -> int | None:
        """The first place that has not left; everything before it has."""
        while self._first < len(self._left) and self._left[self._first]:
            self._first += 1
        return self._first if self._first < len(self._left) else None
