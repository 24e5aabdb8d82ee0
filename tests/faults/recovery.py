"""How long after a kill -9 the first new row stands in ClickHouse.

A row is new when it stems from a record that was appended to its topic after the kill: what was already on its way when
the process died does not count. Of a stage that reads before it writes this is the latest that can be said.
"""

import time
from collections.abc import Callable
from contextlib import suppress

from streams.adapters.clickhouse import Database
from streams.errors import TransientError

LOOK_EVERY_S = 0.05
SAID = "SELECT 1 FROM turnlog_data.submissions WHERE recorded_at > {0} LIMIT 1"
"""The conversation log took it: ingest wrote it, or the sink inserted it, since then."""
JOB = "SELECT 1 FROM turnlog_data.job_parts WHERE at > {0} AND part IN ({1}) LIMIT 1"
"""`at`: when the record that brought this state was appended, to the conversation log or to results."""
FIRST_ROWS = {
    "ingest": SAID,
    "window": JOB.replace("{1}", "'accepted', 'windows'"),
    "extract": JOB.replace("{1}", "'resolved'"),
    "resolve": JOB.replace("{1}", "'resolved'"),
    "sink": SAID,
    "sink-facts": JOB.replace("{1}", "'accepted', 'windows'"),
    "clickhouse": SAID,
    "kafka": SAID,
}


def first_row_s(
    database: Database, part: str, *, killed_ms: int, killed: float, limit_s: float, goes_on: Callable[[], bool]
) -> float | None:
    """Seconds from the kill, at these times (epoch, monotonic), to the first new row.

    None where nothing more is published, so that there is no new row to wait for.
    """
    query = FIRST_ROWS[part].format(f"fromUnixTimestamp64Milli(toInt64({killed_ms}))")
    while time.monotonic() < killed + limit_s:
        with suppress(TransientError):
            if database.query(query):
                return time.monotonic() - killed
        if not goes_on():
            return None
        time.sleep(LOOK_EVERY_S)
    raise AssertionError(f"{part}: no new row {limit_s:.0f} s after its kill")
