"""The canonical dump: what the public views hold, without how it came about. Two runs over the same records are equal
in it, whatever was killed in between; that is how they are compared.
"""

from collections.abc import Iterator
from typing import NamedTuple

from streams.adapters.clickhouse import Database

APPEND = "comes from append or arrival time"
PLACE = "a place in a topic"
EFFORT = "says how hard it was"
STATE_TIME = "the time of a state"
TRACE = "may be made by us, from a place"

SKIPPED_VIEWS = {
    "freshness": "says how far the tables are behind",
    "jobs_stuck": "depends on the time of asking",
    "cost_by_scope_day": "sums extractions by the day of append",
    "facts_as_of": "asks for a time",
    "facts_search": "asks for a text",
    "turns_search": "asks for a text",
    "generation_diff": "asks for two generations",
}

EXCLUDED_COLUMNS = {
    "recorded_at": APPEND,
    "sent_at": APPEND,
    "closed_at": APPEND,
    "accepted_at": STATE_TIME,
    "buffered_at": STATE_TIME,
    "processing_at": STATE_TIME,
    "ended_at": STATE_TIME,
    "log_partition": PLACE,
    "log_offset": PLACE,
    "letter_partition": PLACE,
    "letter_offset": PLACE,
    "source_partition": PLACE,
    "source_offset": PLACE,
    "trace_id": TRACE,
    "trace_ids": TRACE,
    "latency_ms": EFFORT,
    "attempts": EFFORT,
    "model_attempts": EFFORT,
    "journal_hit": EFFORT,
    "resubmissions": "how often a publisher sent the same again",
}
"""By name, in every view."""


class Instead(NamedTuple):
    """What stands for a column, and why."""

    expression: str
    reason: str


REPLACED_COLUMNS = {
    ("turns", "said_at"): Instead("if(time_is_arrival, NULL, said_at)", APPEND),
    ("turns", "headers"): Instead("mapSort(mapFilter((name, value) -> name != 'trace-id', headers))", TRACE),
    ("submissions", "headers"): Instead("mapSort(mapFilter((name, value) -> name != 'trace-id', headers))", TRACE),
    ("extractions", "jobs"): Instead(
        "arrayMap(job -> (job.job_id, job.attempt, job.units, job.total, job.tokens), jobs)", TRACE
    ),
    ("jobs", "candidates"): Instead("replaceRegexpAll(candidates, '\"offset\":[0-9]+', '\"offset\":null')", PLACE),
    ("memory_now", "mentioned_at"): Instead("if(pending, NULL, mentioned_at)", "may come from arrival time"),
    ("dead_letters", "attempt"): Instead("NULL", EFFORT),
    ("dead_letters", "key"): Instead("base64Encode(key)", "any bytes"),
    ("dead_letters", "value"): Instead("base64Encode(value)", "any bytes"),
    ("dead_letters", "headers"): Instead(
        "arrayMap(header -> (header.name, base64Encode(header.value)), headers)", "any bytes"
    ),
}

BOUNDED = "max_bytes_before_external_sort = 268435456, max_bytes_before_external_group_by = 268435456"
"""What does not fit into memory is sorted on disk."""

KEPT_ROWS = {"submissions": Instead("kind != 'resubmission'", "how often a publisher sent the same again")}


class Column(NamedTuple):
    """A column of a view and its type."""

    name: str
    type: str


def dump(client: Database, database: str) -> Iterator[bytes]:
    """Lines `view {json}` of all public views, in order, each ended by a newline. Read as they arrive."""
    for view in views(client, database):
        prefix = view.encode() + b" "
        pieces = client.stream(select(database, view, columns(client, database, view)), form="TSVRaw")
        for line in lines(pieces):
            yield prefix + line + b"\n"


def views(client: Database, database: str) -> list[str]:
    """The public views that a dump holds, in order."""
    rows = client.query(
        "SELECT name FROM system.tables WHERE database = {database:String} ORDER BY name", {"database": database}
    )
    return [row["name"] for row in rows if row["name"] not in SKIPPED_VIEWS]


def columns(client: Database, database: str, view: str) -> list[Column]:
    rows = client.query(
        "SELECT name, type FROM system.columns WHERE database = {database:String} AND table = {view:String} "
        "ORDER BY position",
        {"database": database, "view": view},
    )
    return [Column(**row) for row in rows]


def select(database: str, view: str, columns: list[Column]) -> str:
    """The SELECT that gives a view's canonical lines. Sorted by themselves, so that no row can change places."""
    kept = [column for column in columns if column.name not in EXCLUDED_COLUMNS]
    named = ", ".join(f"{_expression(view, column)} AS `{column.name}`" for column in kept)
    rows = KEPT_ROWS[view].expression if view in KEPT_ROWS else "true"
    return (
        f"SELECT formatRowNoNewline('JSONEachRow', {named}) AS line "  # noqa: S608 names of the schema, none from outside
        f"FROM {database}.{view} WHERE {rows} ORDER BY line SETTINGS {BOUNDED}"
    )


def lines(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Whole lines from pieces cut anywhere."""
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from whole
    if rest:
        yield rest


def _expression(view: str, column: Column) -> str:
    if (view, column.name) in REPLACED_COLUMNS:
        return REPLACED_COLUMNS[view, column.name].expression
    return f"mapSort(`{column.name}`)" if column.type.startswith("Map(") else f"`{column.name}`"
