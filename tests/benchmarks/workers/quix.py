"""Quix Streams, as its documentation advises for throughput: state in RocksDB with a changelog, larger batches, bytes
in and out. Runs in an environment of its own.

python -m tests.benchmarks.workers.quix one|many        turns a record
"""

import sys

from quixstreams import Application, State
from quixstreams.models import TopicConfig

from tests.benchmarks.workers.bare import sift
from tests.benchmarks.workers.work import Work, collect_less_often, told


def is_new(value: bytes, state: State) -> bool:
    rest, seen = sift(value, state.get_bytes("seen", b""))
    if rest is not None:
        state.set_bytes("seen", seen)
    return rest is not None


def new_turns(value: bytes, state: State) -> bytes | None:
    rest, seen = sift(value, state.get_bytes("seen", b""))
    if rest is not None:
        state.set_bytes("seen", seen)
    return rest


def application(work: Work, shape: str) -> Application:
    app = Application(
        broker_address=work.kafka,
        consumer_group=work.group,
        auto_offset_reset="earliest",
        state_dir=work.folder,
        commit_interval=1.0,
        loglevel="WARNING",
        producer_extra_config={"linger.ms": 10, "batch.size": 512 << 10, "enable.idempotence": True},
        consumer_extra_config={"fetch.wait.max.ms": 50, "queued.min.messages": 100_000},
    )
    config = TopicConfig(num_partitions=work.partitions, replication_factor=1)
    source = app.topic(work.source, value_deserializer="bytes", key_deserializer="bytes", config=config)
    output = app.topic(work.output, value_serializer="bytes", key_serializer="bytes", config=config)
    frame = app.dataframe(source)
    if shape == "one":
        frame = frame.filter(is_new, stateful=True)
    else:
        frame = frame.apply(new_turns, stateful=True).filter(lambda value: value is not None)
    frame.to_topic(output)
    return app


if __name__ == "__main__":
    collect_less_often()
    application(told(), sys.argv[1]).run()
