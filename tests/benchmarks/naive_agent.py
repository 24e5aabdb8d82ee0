"""The stock Faust agent that most people would write: one event, one table key, one awaited send. A yardstick."""

import hashlib
import os

import faust
import orjson

app = faust.App(
    os.environ["BENCH_APP"],
    broker=f"kafka://{os.environ['BENCH_KAFKA']}",
    store="memory://",
    datadir=os.environ["BENCH_DATA"],
    topic_partitions=8,
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
)
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
turns = app.topic(os.environ["BENCH_IN"], **raw)
out = app.topic(os.environ["BENCH_OUT"], **raw)
seen = app.Table("seen", partitions=8, key_type=str, value_type=int, default=int)


@app.agent(turns)  # type: ignore[untyped-decorator]
async def deduplicate(stream: faust.Stream[bytes]) -> None:
    async for event in stream.events():
        sent = orjson.loads(event.value)
        for turn in sent.get("turns", ()):
            parts = (sent["org_id"], sent["user_id"], sent["session_id"], turn["event_id"])
            turn_id = hashlib.sha256("\0".join(parts).encode()).hexdigest()
            if not seen[turn_id]:
                seen[turn_id] = 1
                await out.send(key=event.key, value=orjson.dumps({**sent, "turns": [turn]}))


if __name__ == "__main__":
    app.main()
