"""INSERTs that carry data: the body goes to the engine as it comes, and is acknowledged once it is stored."""

from collections.abc import Mapping

from streams.local.clickhouse.answer import Answer, summarise_insert
from streams.local.clickhouse.body import Body
from streams.local.clickhouse.call import Call
from streams.local.clickhouse.database import Database
from streams.local.clickhouse.engine import Errors, Handle, Inserter, Written
from streams.local.clickhouse.failure import ClickHouseError
from streams.local.clickhouse.rights import check_reading, choose_settings
from streams.local.clickhouse.sql import Statement

AHEAD = 8 << 20
"""Bytes collected before a place is taken: a batch of usual size holds one only while the engine works."""

PIECE = 1 << 20


async def answer_insert(database: Database, call: Call, statement: Statement, body: Body, answer: Answer) -> None:
    """Store the rows of an INSERT. Nothing is acknowledged of a body that breaks off."""
    check_reading(call.user, reads_only=call.reads_only, reads=False)
    settings = choose_settings(call.user, call.settings, database.limits, buffered=False)
    assert statement.data is not None  # the caller looked
    first = statement.sql[statement.data[1] :] + await body.take(AHEAD)
    keeps = not call.params
    async with database.writing.take(), database.handle(call, statement, settings, keeps=keeps) as (handle, _):
        inserter = handle.insert(statement.bare, statement.format or call.format or "Values")
        try:
            before = await database.run(lambda: begin(handle, inserter, call.params, first))
            while piece := await body.take(PIECE):
                await database.run(lambda data=piece: inserter.append(data))  # type: ignore[misc]
            written = await database.run(lambda: finish(handle, inserter, before))
        except BaseException:
            await database.run(inserter.cancel)
            raise
    answer.headers["X-ClickHouse-Summary"] = summarise_insert(written)
    await answer.send_all(b"")


def begin(handle: Handle, inserter: Inserter, params: Mapping[str, str], first: bytes) -> Errors:
    """Blocks. Of all statements only an INSERT takes its parameters from settings. Gives the errors so far."""
    handle.set({f"param_{name}": value for name, value in params.items()})
    before = handle.storing_errors()
    inserter.begin()
    if first:
        inserter.append(first)
    return before


def finish(handle: Handle, inserter: Inserter, before: Errors) -> Written:
    """Blocks. Raises where storing failed: the engine's streamed insert reports success then, too; its error counters
    tell.

    They count for the whole process, so an insert beside one that failed may be refused too: it is to be repeated.
    """
    written = inserter.finish()
    for code, (times, message) in handle.storing_errors().items():
        if times > before.get(code, (0, ""))[0]:
            raise ClickHouseError(code, message or "The rows could not be stored")
    return written
