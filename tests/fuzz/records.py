"""Records as publishers might send them: right ones, right ones with something changed, and any bytes."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from hypothesis import strategies as st

from tests.fuzz.json_forms import ODD, TEXT, changed, damaged, from_plain, write

SECRET = "sk_live_Planted0Planted1Planted2"
"""Opens nothing. It is planted whole and never beside a letter: what is no form of a secret is not replaced."""
MOST_BYTES = (2 << 20) - 200
"""What Kafka takes of a record on `turns`."""
PARTITIONS = 2


class Sent(NamedTuple):
    """A record before Kafka has it. `is_whole`: nobody cut its bytes, so that a secret in it is a secret."""

    value: bytes | None
    key: bytes | None
    headers: tuple[tuple[str, bytes | None], ...]
    partition: int
    timestamp: int
    is_whole: bool = True

    @property
    def size(self) -> int:
        return len(self.value or b"") + len(self.key or b"") + sum(len(n) + len(c or b"") for n, c in self.headers)


planted = st.sampled_from([SECRET, f"it is {SECRET}, you know", f"\n{SECRET}\n", f"{SECRET} {SECRET}"])
ids = st.sampled_from(["a", "b", "a/b", "%", "é"]) | planted
texts = (
    st.sampled_from(["I live in Oslo.", "", " ", "Ann's password: s3cr3t!x", "x" * 9_000, "a. " * 9_000])
    | TEXT
    | planted
)
times = st.sampled_from(["2024-05-01T12:00:00Z", "2024-05-01", 0, 1_714_564_800.5, 7_258_118_399_999])
observations = st.fixed_dictionaries(
    {"content": texts.filter(lambda text: 0 < len(text) <= 10_000)},
    optional={"type": ids.filter(lambda text: len(text) < 65), "confidence": st.floats(0, 1), "occurred_at": times},
)
turns = st.fixed_dictionaries(
    {"role": st.sampled_from(["user", "ai", "tool", "document", "system"]), "text": texts},
    optional={
        "name": ids,
        "timestamp": times,
        "event_id": ids,
        "observations": st.lists(observations, max_size=2),
        "more": texts,
    },
)
labels: dict[str, st.SearchStrategy[Any]] = {
    "session_id": ids,
    "job_id": ids,
    "document_id": ids,
    "collection_id": ids,
    "title": ids,
    "context": ids,
    "tags": st.lists(ids, max_size=3),
    "document_tags": st.lists(ids, max_size=3),
    "entities": st.lists(st.fixed_dictionaries({"text": ids}, optional={"type": ids}), max_size=2),
    "metadata": st.dictionaries(
        ids, st.recursive(ids | st.integers(0, 2**63), lambda part: st.lists(part, max_size=2))
    ),
    "visibility": st.sampled_from(["user", "hive"]),
    "options": st.fixed_dictionaries(
        {},
        optional={
            "flush": st.booleans(),
            "dry_run": st.booleans(),
            "infer": st.booleans(),
            "write_passive": st.booleans(),
            "write_active": st.booleans(),
            "max_facts": st.integers(1, 100),
            "model": st.sampled_from(["big", SECRET]),
        },
    ),
    "unknown": planted,
}
scopes = st.fixed_dictionaries(
    {"org_id": st.sampled_from(["acme", "open", "a/b"]), "user_id": st.sampled_from(["ann", "ann", "b%"])}
)
submissions = st.builds(
    lambda scope, fields: scope | fields,
    scopes,
    st.fixed_dictionaries({"turns": st.lists(turns, min_size=1, max_size=4)}, optional=labels),
)
controls = st.builds(
    lambda scope, fields: scope | fields,
    scopes,
    st.fixed_dictionaries(
        {"type": st.sampled_from(["session_ended", "flush", "erase"])}, optional={"session_id": ids, "job_id": ids}
    ),
)
odd = ODD | planted
names = st.sampled_from(["trace-id", "correlation-id", "schema-version", "ce_x", "ce_", "turnlog", "original-key", ""])
contents = st.none() | st.binary(max_size=20) | planted.map(str.encode) | st.sampled_from([b"x" * 1_100, b"\xff" * 900])
headers: st.SearchStrategy[tuple[tuple[str, bytes | None], ...]] = st.one_of(
    st.just(()),
    st.tuples(st.tuples(st.sampled_from(["trace-id", "ce_x"]), planted.map(str.encode))),
    st.lists(st.tuples(names | TEXT | planted, contents), max_size=4).map(tuple),
    st.tuples(
        st.tuples(st.sampled_from(["", "ce_"]), st.sampled_from([None, b"", b"\x01" * 40])), st.integers(1, 1_200)
    ).map(lambda repeated: (repeated[0],) * repeated[1]),
)
keys = st.sampled_from([b"acme/ann", None, b"", b"\xff", SECRET.encode()]) | st.just(b"k" * 70_000)
timestamps = st.integers(-1, 2**45) | st.sampled_from([-(2**63), 2**63 - 1, 1_700_000_000_000])


@st.composite
def records(draw: st.DrawFn) -> Sent:
    """Mostly near what is right: what is far from it is refused at its first byte."""
    how = draw(st.sampled_from(["right", "changed", "changed", "changed", "damaged", "bytes"]))
    value: bytes | None
    if how == "bytes":
        value = draw(st.none() | st.binary() | odd.map(write))
    else:
        right: Any = from_plain(draw(st.one_of(submissions, submissions, controls)))
        value = write(right if how == "right" else draw(changed(right, odd)))
    if how == "damaged" and value is not None:
        value = draw(damaged(value))
    key, sent_headers = draw(keys), draw(headers)
    room = MOST_BYTES - len(key or b"")
    fitting = _fitting(sent_headers, room - min(len(value or b""), room))
    value = value if value is None or len(value) <= room else value[:room]
    where, when = draw(st.integers(0, PARTITIONS - 1)), draw(timestamps)
    return Sent(value, key, fitting, where, when, how in ("right", "changed"))


def _fitting(sent: Sequence[tuple[str, bytes | None]], room: int) -> tuple[tuple[str, bytes | None], ...]:
    """As many headers as have room: one takes two bytes beside its own."""
    each = 2 + max((len(name.encode()) + len(content or b"") for name, content in sent), default=0)
    return tuple(sent[: room // each])
