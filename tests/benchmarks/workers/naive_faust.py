"""The stock Faust agent that most people would write: one event, one table key a turn, one awaited send."""

import hashlib

import faust
import orjson

from tests.benchmarks.workers.work import told

work = told()
app = faust.App(
    work.group,
    broker=f"kafka://{work.kafka}",
    store="memory://",
    datadir=work.folder,
    topic_partitions=work.partitions,
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
turns = app.topic(work.source, **raw)
out = app.topic(work.output, **raw)
seen = app.Table("seen", partitions=work.partitions, key_type=str, value_type=int, default=int)


@app.agent(turns)  # type: ignore[untyped-decorator]
async def deduplicate(stream: faust.Stream[bytes]) -> None:
    async for event in stream.events():
        sent, new = orjson.loads(event.value), []
        for turn in sent["turns"]:
            said = "\x1f".join((sent["session_id"], turn["role"], turn["text"], str(turn["timestamp"])))
            turn_id = hashlib.sha256(said.encode()).hexdigest()
            if not seen[turn_id]:
                seen[turn_id] = 1
                new.append(turn)
        if new:
            await out.send(key=event.key, value=orjson.dumps({**sent, "turns": new}))


if __name__ == "__main__":
    app.main()
