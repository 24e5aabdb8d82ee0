"""Statements that are not an INSERT with data: a result collected, or sent block by block as it is found."""

from streams.local.clickhouse.answer import TEXT, Answer, content_type_of, summarise_read
from streams.local.clickhouse.call import Call
from streams.local.clickhouse.database import Database
from streams.local.clickhouse.engine import Handle, Read
from streams.local.clickhouse.native import encode_empty_block
from streams.local.clickhouse.rights import check_reading, choose_settings
from streams.local.clickhouse.sql import Statement

BLOCKWISE = frozenset(
    {
        "native",
        "tabseparated",
        "tsv",
        "tabseparatedraw",
        "tsvraw",
        "csv",
        "rowbinary",
        "jsoneachrow",
        "ndjson",
        "jsonlines",
        "jsonstringseachrow",
        "jsoncompacteachrow",
    }
)
"""Formats in which the blocks of a result, one after the other, are the result: nothing stands before or after."""

QUERY_VERBS = frozenset({"select", "with"})


async def answer_statement(database: Database, call: Call, statement: Statement, answer: Answer) -> None:
    """Run a statement and send what it gives. When we are cancelled, a statement that only reads is killed.

    The answer ends after place and session were given back: a client that has it may send its next request.
    """
    form = statement.format or call.format or "TabSeparated"
    reads = database.engine.only_reads(statement.sql)
    check_reading(call.user, reads_only=call.reads_only, reads=reads)
    keeps = reads and statement.verb in QUERY_VERBS
    blockwise = keeps and form.lower() in BLOCKWISE and not call.wait
    settings = choose_settings(call.user, call.settings, database.limits, buffered=not blockwise)
    answer.headers["X-ClickHouse-Format"] = form
    places = database.reading if reads else database.writing
    async with places.take(), database.handle(call, statement, settings, keeps=keeps) as (handle, mark):
        if blockwise:
            await send_blocks(database, handle, mark, call, statement, form, answer)
        else:
            result = await collect(database, handle, mark if reads else "", call, statement, form)
    if blockwise:
        await answer.end()
    else:
        answer.headers["X-ClickHouse-Summary"] = summarise_read(result)
        await answer.send_all(result.data, content_type=content_type_of(form) if reads else TEXT)


async def collect(database: Database, handle: Handle, mark: str, call: Call, statement: Statement, form: str) -> Read:
    """The whole result. Without a mark it cannot be killed, and runs to its end or its limits."""
    result = await database.run(lambda: handle.read(statement.sql, form, call.params), mark=mark)
    if mark and not result.data and form.lower() == "native":
        return result._replace(data=await database.run(lambda: describe_nothing(handle, call, statement), mark=mark))
    return result


async def send_blocks(
    database: Database, handle: Handle, mark: str, call: Call, statement: Statement, form: str, answer: Answer
) -> None:
    """Send a result as it is found. The first block comes before the headers: most errors keep their status."""
    stream = handle.stream(statement.sql, form, call.params)
    try:
        block = await database.run(stream.next, mark=mark)
        if block is None and form.lower() == "native":
            block = await database.run(lambda: describe_nothing(handle, call, statement), mark=mark)
        await answer.start(content_type=content_type_of(form))
        while block is not None:
            await answer.put(block)
            block = await database.run(stream.next, mark=mark)
    except BaseException:
        await database.run(stream.close)
        raise


def describe_nothing(handle: Handle, call: Call, statement: Statement) -> bytes:
    """Blocks. The engine gives no bytes for a Native result without rows; clients need its columns."""
    return encode_empty_block(handle.describe(statement.bare, call.params))
