"""Ingest without a broker: records in, what the stage makes of them out; re-keyed records come round by themselves."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import orjson

from schemas.dead_letter import DeadLetter, from_record
from streams.ingest.agents import build
from streams.ports import Chunk, Output, Record
from streams.settings import Settings

NOON = 1_700_000_000_000


class Flow:
    """All lanes of the stage over tables in memory, one record a chunk."""

    def __init__(self, **settings: Any) -> None:
        self.settings = Settings(**{"partitions": 4, **settings})
        numbers = range(self.settings.partitions)
        self.tables: list[dict[bytes, bytes]] = [{} for _ in numbers]
        self.restart()
        self._offsets: Counter[tuple[str, int]] = Counter()
        self.rekeyed: list[Output] = []
        self.log: list[dict[str, Any]] = []
        self.dead: list[DeadLetter] = []
        self.dead_records: list[Output] = []

    def restart(self) -> None:
        """New lanes over the same tables."""
        make = build(self.settings)
        self.lanes = [make(number, table) for number, table in enumerate(self.tables)]

    def send(self, value: object, **how: Any) -> list[dict[str, Any]]:
        """Publish one record; the log events that follow from it. `value`: bytes, None or what JSON can hold."""
        before = len(self.log)
        self._handle(self._record("turns", value, **how))
        return self.log[before:]

    def accept(self, value: object, **how: Any) -> dict[str, Any]:
        """Publish one record that is to be accepted."""
        events = self.send(value, **how)
        assert [event["event"] for event in events] == ["SubmissionAccepted"], (events, self.dead[-1:])
        return events[0]

    def refuse(self, value: object, **how: Any) -> DeadLetter:
        """Publish one record that is to be refused."""
        before = len(self.dead)
        self.send(value, **how)
        (letter,) = self.dead[before:]
        return letter

    def tick(self, now: int) -> list[dict[str, Any]]:
        """Ask all lanes for what follows from the time."""
        before = len(self.log)
        for number, lane in enumerate(self.lanes):
            effects = lane.tick(now, self.tables[number])
            self._commit(number, effects.outputs, effects.changes, now)
        return self.log[before:]

    def _record(
        self,
        topic: str,
        value: object,
        *,
        key: bytes | None = b"any",
        partition: int = 0,
        timestamp: int = NOON,
        headers: Sequence[tuple[str, bytes]] = (),
    ) -> Record:
        offset = self._offsets[topic, partition]
        self._offsets[topic, partition] += 1
        content = value if value is None or isinstance(value, bytes) else orjson.dumps(value)
        return Record(topic, partition, offset, timestamp, key, content, headers)

    def _handle(self, record: Record) -> None:
        number = record.partition
        chunk = Chunk(record.topic, number, [record], record.offset, record.offset + 1)
        effects = self.lanes[number].process(chunk, self.tables[number])
        self._commit(number, effects.outputs, effects.changes, record.timestamp)

    def _commit(self, number: int, outputs: Iterable[Output], changes: Mapping[bytes, bytes], timestamp: int) -> None:
        self.tables[number].update(changes)
        for output in outputs:
            if output.topic == "conversations":
                assert output.value is not None
                self.log.append(orjson.loads(output.value))
            elif output.topic == "dead-letters":
                self.dead_records.append(output)
                self.dead.append(from_record(output.value, output.headers).letter)
            else:
                self.rekeyed.append(output)
                partition = number if output.partition is None else output.partition
                self._handle(
                    self._record(
                        output.topic,
                        output.value,
                        key=output.key,
                        partition=partition,
                        timestamp=timestamp,
                        headers=output.headers,
                    )
                )


def turn(text: str = "I live in Oslo.", **fields: Any) -> dict[str, Any]:
    return {"role": "user", "text": text, **fields}


def submission(*turns: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"org_id": "acme", "user_id": "ann", "turns": list(turns) or [turn()], **fields}


def strings_in(value: object) -> Iterator[str]:
    """Every text in a JSON value, names of fields included."""
    match value:
        case str():
            yield value
        case Mapping():
            for name, part in value.items():
                yield from strings_in(name)
                yield from strings_in(part)
        case list() | tuple():
            for part in value:
                yield from strings_in(part)
