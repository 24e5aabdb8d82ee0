"""Publishes records in rounds, one for each fault, so that each finds work however fast the machine is."""

import os
import threading
import time
from collections.abc import Sequence

from confluent_kafka import KafkaError, Message, Producer

from tests.faults.workload import Sent, records

SEED = int(os.environ.get("TURNLOG_FAULT_SEED", "1"))


def workload(number: int) -> tuple[Sent, ...]:
    """So many records of many people at once."""
    return tuple(records(number, seed=SEED))


class Publisher(threading.Thread):
    """An idempotent publisher of `turns`. Every round gets the same share of the records, at a steady rate."""

    def __init__(self, brokers: str, records: Sequence[Sent], *, rounds: int = 1, rate: float = 0) -> None:
        super().__init__(daemon=True)
        self._producer = Producer(
            {
                "bootstrap.servers": brokers,
                "enable.idempotence": True,
                "partitioner": "murmur2_random",
                "linger.ms": 5,
                "message.timeout.ms": 600_000,
                "log_level": 0,
            }
        )
        self._records, self._rounds, self._rate = records, rounds, rate
        self._round, self._began, self._floor = 0, time.monotonic(), 0
        self._enough, self.sent = threading.Event(), 0
        self._failed: list[str] = []
        self.start()

    def run(self) -> None:
        while self._rate and not self._enough.wait(0.01):
            due = self._floor + int((time.monotonic() - self._began) * self._rate)
            self._send_up_to(min(due, self._share(self._round)))

    def next_round(self) -> None:
        """What is left of the round before goes out at once."""
        self._round, self._floor, self._began = self._round + 1, self._share(self._round), time.monotonic()

    def _share(self, number: int) -> int:
        return len(self._records) * min(number, self._rounds) // self._rounds

    def finish(self) -> None:
        """Publish what is left. Fails unless Kafka acknowledged every record."""
        self._enough.set()
        self.join()
        self._send_up_to(len(self._records))
        assert self._producer.flush(300) == 0
        assert not self._failed, self._failed[:5]

    def _send_up_to(self, number: int) -> None:
        for record in self._records[self.sent : number]:
            while True:
                try:
                    headers = [(name, value.encode()) for name, value in record.headers]
                    self._producer.produce("turns", record.value, record.key, headers=headers, on_delivery=self._note)
                    break
                except BufferError:
                    self._producer.poll(0.1)
        self.sent = max(self.sent, min(number, len(self._records)))
        self._producer.poll(0)

    def _note(self, error: KafkaError | None, message: Message) -> None:
        if error is not None:
            self._failed.append(str(error))
