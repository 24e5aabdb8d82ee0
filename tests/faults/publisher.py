"""A publisher that is killed and goes on: `turnlog publish`, started again with exactly what Kafka does not hold yet.

Its producer is idempotent and keeps the order of a partition, so Kafka holds the first so many records that it sent
there, and the end of the partition says how many.
"""

import subprocess
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.faults.oracle import accepted
from tests.faults.published import differences, partition, stored
from tests.faults.stack import Stack
from tests.faults.workload import Sent, as_line

LOOK_EVERY_S, SETTLED_S = 0.3, 1.2
"""A broker takes what a dead publisher sent before its connection broke: by then, or it is told in the end."""


class Publisher:
    """Publishes `records` in order; `all_sent` is all that it was asked to send, what came again included."""

    def __init__(self, stack: Stack, folder: Path, records: Sequence[Sent]) -> None:
        self._stack, self._file = stack, folder / "records.jsonl"
        self._planned, self._arrived = list(records), list[Sent]()
        self._process: subprocess.Popen[str] | None = None

    @property
    def all_sent(self) -> list[Sent]:
        return self._arrived + self._planned

    @property
    def planned(self) -> int:
        """How many records the next start publishes."""
        return len(self._planned)

    def start(self, rate: float | None) -> None:
        """Publish what is left, at so many records a second at most."""
        if not self._planned:
            return
        self._file.write_bytes(b"".join(map(as_line, self._planned)))
        about = ["--rate", str(rate)] if rate else []
        self._process = self._stack.start("publish", str(self._file), *about)

    def is_at_work(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def has_failed(self) -> bool:
        """It ended by itself, and not because all was sent: it was started while Kafka was away, say."""
        return self._process is not None and self._process.poll() not in (None, 0)

    def has_begun(self, ends: Mapping[int, int]) -> bool:
        """Whether Kafka holds something of what was last started."""
        return sum(ends.values()) > len(self._arrived)

    def kill(self) -> int:
        """SIGKILL -> its process id."""
        assert self._process is not None
        pid = self._process.pid
        self._process.kill()
        self._process.communicate()
        self._process = None
        return pid

    def left(self, ends: Mapping[int, int]) -> int:
        """How many of its records Kafka does not hold."""
        return len(self._planned) + len(self._arrived) - sum(ends.values())

    def take_stock(self, ends: Mapping[int, int]) -> None:
        """Once it is dead: what has arrived need not be sent."""
        assert self._process is None
        came = Counter(partition(sent) for sent in self._arrived)
        left = []
        for sent in self._planned:
            number = partition(sent)
            if came[number] < ends[number]:
                came[number] += 1
                self._arrived.append(sent)
            else:
                left.append(sent)
        assert came == Counter({number: end for number, end in ends.items() if end}), "foreign records on the topic"
        self._planned = left

    def send_again(self, records: Sequence[Sent]) -> None:
        """These come next, a second time."""
        self._planned = [*records, *self._planned]

    def accepted(self) -> list[Sent]:
        """What arrived and may be sent again."""
        return accepted(self._arrived)

    def finish(self, limit_s: float) -> None:
        """Wait until everything is acknowledged."""
        if self._process is None:
            return
        _, errors = self._process.communicate(timeout=limit_s)
        assert self._process.returncode == 0, errors
        self._process = None

    def hurry(self, look: Callable[[], Mapping[int, int] | None], limit_s: float = 300.0) -> None:
        """The rest as fast as Kafka takes it, to the end. Fails where Kafka holds anything but `all_sent` then."""
        if self._process is not None and self._process.poll() != 0:  # at work, or started while Kafka was away
            self.kill()
            self.take_stock(settled(look, limit_s))
            self.start(None)
        self.finish(limit_s)
        wrong = differences(stored(self._stack.settings(), limit_s), self.all_sent)
        assert not wrong, f"the harness is wrong about what it sent, nobody else is: {wrong}"

    def end(self) -> None:
        if self._process is not None:
            self.kill()


def settled(look: Callable[[], Mapping[int, int] | None], limit_s: float) -> Mapping[int, int]:
    """The ends, once they have stood still for a while."""
    deadline, before, since = time.monotonic() + limit_s, None, time.monotonic()
    while (ends := look()) is None or ends != before or time.monotonic() < since + SETTLED_S:
        if time.monotonic() > deadline:
            raise AssertionError(f"the ends of the publishers' topic do not stand still, or nobody tells: {ends}")
        if ends is None or ends != before:
            before, since = ends, time.monotonic()
        time.sleep(LOOK_EVERY_S)
    return ends
