"""The stock Faust agent that most people would write: what comes in goes out. Killed, it doubles or loses turns."""

import os

import faust

app = faust.App(
    "canary",
    broker=f"kafka://{os.environ['CANARY_KAFKA']}",
    store="memory://",
    datadir=os.environ["CANARY_DATA"],
    topic_disable_leader=True,
    web_enabled=False,
    consumer_auto_offset_reset="earliest",
    consumer_group_instance_id="canary",
    broker_session_timeout=6,
    broker_heartbeat_interval=2,
)
raw = {"key_type": bytes, "value_type": bytes, "key_serializer": "raw", "value_serializer": "raw"}
turns = app.topic("turns", **raw)
rows = app.topic("rows", **raw)


@app.agent(turns)  # type: ignore[untyped-decorator]
async def forward(stream: faust.Stream[bytes]) -> None:
    async for turn in stream:
        await rows.send(value=turn)


if __name__ == "__main__":
    app.main()
