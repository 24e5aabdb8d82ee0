"""Publishes ever more slowly, so that whatever is to happen to a run finds work, however long it takes."""

import time
from collections.abc import Sequence

from tests.faults.cluster_load import Publisher
from tests.faults.workload import Sent

EVERY_S = 0.05
HALF_S = 40
"""In so many seconds half of what is left is published."""


class Trickle(Publisher):
    """From its start until `finish`, which publishes the rest at once."""

    def __init__(self, brokers: str, records: Sequence[Sent]) -> None:
        self._number, self._since = len(records), time.monotonic()
        super().__init__(brokers, records)

    def run(self) -> None:
        while not self._enough.wait(EVERY_S):
            left = 0.5 ** ((time.monotonic() - self._since) / HALF_S)
            self._send_up_to(round((1 - left) * self._number))

    def left(self) -> int:
        return self._number - self.sent
