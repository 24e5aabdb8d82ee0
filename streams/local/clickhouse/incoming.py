"""Read a request up to the point where its statement is known; the data of an INSERT stays in the body."""

from collections.abc import AsyncIterator
from typing import NamedTuple

from starlette.requests import Request

from streams.local.clickhouse.body import Body
from streams.local.clickhouse.call import Call, read_call
from streams.local.clickhouse.failure import NOT_IMPLEMENTED, SYNTAX_ERROR, ClickHouseError
from streams.local.clickhouse.sql import Statement, scan, scan_insert

HEAD = 64 << 10
LONGEST_STATEMENT = 16 << 20


class Incoming(NamedTuple):
    call: Call
    statement: Statement
    body: Body


async def read_request(request: Request) -> Incoming:
    """Call, statement and the rest of the body. Raises `ClickHouseError`."""
    headers, query = dict(request.headers), dict(request.query_params)
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        query |= await read_form(request)
        body = Body(_nothing(), "")
    else:
        body = Body(request.stream(), request.headers.get("content-encoding", ""))
    call = read_call(request.method, headers, query)
    if call.query:
        return Incoming(call, await complete(call.query + b"\n", body), body)
    return Incoming(call, await read_statement(body), body)


async def read_statement(body: Body) -> Statement:
    """The statement a body holds, or begins with."""
    sql = b""
    while not body.ended:
        sql += await body.take(max(HEAD, len(sql)))  # twice as much each time: what was read is looked at again
        if insert := scan_insert(sql, complete=body.ended):
            return insert
        if len(sql) > LONGEST_STATEMENT:
            raise ClickHouseError(SYNTAX_ERROR, f"The statement is longer than {LONGEST_STATEMENT} bytes")
    return scan(sql)


async def complete(query: bytes, body: Body) -> Statement:
    """A statement from the address; only an INSERT may have more of it, or its data, in the body."""
    statement = scan(query)
    if statement.data is None and (rest := await body.take(LONGEST_STATEMENT)):
        return scan(query + rest)
    return statement


async def read_form(request: Request) -> dict[str, str]:
    """Parameters that a client sent as a form because there are many."""
    async with request.form(max_part_size=LONGEST_STATEMENT) as form:
        fields = dict(form)
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(texts) < len(fields):
        raise ClickHouseError(NOT_IMPLEMENTED, "External data is not supported here")
    return texts


async def _nothing() -> AsyncIterator[bytes]:
    return
    yield b""
