"""What the AsyncAPI document says in sentences."""

from typing import NamedTuple

from schemas import job
from streams.ingest.headers import LONGEST, MOST


class Words(NamedTuple):
    """Of one channel."""

    title: str
    operation: str
    text: str
    payload: str = ""


ABOUT = """\
A chat platform publishes its conversation turns on `turns`. turnlog keeps each turn once, finds the facts they teach
and tells facts, job states and refusals as events.

Written from the side of turnlog: it receives `turns` and sends the rest. All topics have the same number of
partitions and, but for some dead letters, the same key: the scope, `org_id/user_id`. Everything about one scope lies
on one partition of each topic, in order.

Made by `python -m schemas.generate`; the same schemas stand one by one in `schemas/json` (draft 2020-12).
"""
KEY = (
    "`org_id/user_id` in UTF-8, with `%` written `%25` and `/` written `%2F` inside each id. The partition is its"
    " murmur2 hash, as Java's default partitioner counts: (murmur2(key) & 0x7fffffff) % partitions."
)
TRACE = (
    "All optional. Copied to the events that follow as text, secrets replaced: at most"
    f" {MOST}, each at most {LONGEST} bytes with its name; others are left out. Without trace-id one is made from the"
    " record's coordinate."
)
COMMITTED = """\
turnlog writes in transactions. Read with `isolation.level=read_committed`: otherwise a reader meets events that were
given up, and meets them again when the work is done anew. It is the default of librdkafka and kafkajs, and not of
Java, aiokafka and franz-go. Offsets have gaps where transactions end.
"""
READERS = """\
Your own consumer group may read an event again after a crash: {identity}.

A generation is one complete derivation from the conversation log. When another becomes live, read its topic from the
start; the view `turnlog.generations` in ClickHouse names the topics and says which generation is live.
"""
TURNS = Words(
    "Turns",
    "What publishers send.",
    """\
One record is one submission: some turns of one conversation, as a JSON object. Or a control record.

A record is accepted or refused whole; a refused one becomes a dead letter and stops nobody. A record that is sent
again is recognised, however late: by `job_id` or by `event_id` or `timestamp` of its turns. Send one of them with every
turn.

A record under another key or on another partition than its scope's is moved there, and counted
(`turnlog.submissions.rekeyed`): librdkafka's default partitioner counts by CRC32. `partitioner=murmur2_random` spares
the detour.

The topic is the publishers' own: its settings are those that turnlog gives it where it makes it. A record without
value is refused.
""",
)
FACTS = Words(
    "Facts",
    "What was learnt, one event for each change of a fact.",
    COMMITTED
    + "\n"
    + READERS.format(identity="(`fact_id`, `revision`) is the same event, and the highest revision stands"),
)
JOBS = Words(
    "Jobs",
    "What happened to each submission.",
    (job.__doc__ or "").partition("\n\n")[2].strip()
    + " The last attempt counts. `STATES` is the list of `state` in the schema.\n\n"
    + COMMITTED
    + "\n"
    + READERS.format(identity="(`job_id`, `attempt`, `part`, `revision`) within its scope is the same event"),
)
DEAD_LETTERS = Words(
    "Dead letters",
    "Records that could not be processed, with the reason.",
    """\
The value is that of the record, byte for byte; why, and where it lay, stands in the header `turnlog`. What was refused
on `turns` (subject `submission`, `control` or `turns`) is judged anew when it is sent there again; a window that no
extractor answered (subject `window`) is asked about again by the next generation only. Where turnlog is set not to keep
the bytes of dead letters, the value is empty and the record's own key is left out.

"""
    + COMMITTED,
    payload="The original bytes; null where the record had no value. See `kept` in the header for what is not whole.",
)
