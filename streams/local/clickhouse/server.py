"""The HTTP server: a request comes in, its statement runs on the engine, ClickHouse's answer goes out."""

import asyncio
import logging
import signal
import socket
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from streams.errors import LocalModeError
from streams.local.clickhouse.answer import Answer
from streams.local.clickhouse.database import Database, Places
from streams.local.clickhouse.failure import QUERY_WAS_CANCELLED, ClickHouseError
from streams.local.clickhouse.incoming import read_request
from streams.local.clickhouse.reading import answer_statement
from streams.local.clickhouse.rights import Limits, check_statement
from streams.local.clickhouse.writing import answer_insert
from streams.local.ports import LOOPBACK

log = logging.getLogger(__name__)

KEEP_ALIVE = 600
"""Seconds an idle connection stays open: longer than clients keep theirs, so that none sends into a closed one."""

GRACE = 10
"""Seconds that running requests get when the server is told to stop."""


class QueryEndpoint:
    """The address `/`: one request, one statement."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = Answer(send, timezone=self._database.engine.timezone)
        try:
            await self._respond(Request(scope, receive), answer)
        except ClickHouseError as error:
            await answer.fail(error)
        except (ClientDisconnect, TimeoutError):
            log.info("action=abandoned")

    def stop(self) -> None:
        """End what only reads, at once; inserts may finish."""
        self._stopping.set()

    async def _respond(self, request: Request, answer: Answer) -> None:
        call, statement, body = await read_request(request)
        answer.headers["X-ClickHouse-Query-Id"] = call.query_id
        if not statement.sql.strip() and request.method == "GET":
            await answer.send_all(b"Ok.\n")
            return
        check_statement(call.user, statement, self._database.engine.table_functions)
        if statement.data:
            await answer_insert(self._database, call, statement, body, answer)
        else:
            work = answer_statement(self._database, call, statement, answer)
            match await finish_unless(work, gone=disconnected(request), stopping=self._stopping.wait()):
                case "gone":
                    raise ClientDisconnect
                case "stopping":
                    raise ClickHouseError(QUERY_WAS_CANCELLED, "Query was cancelled: the server is stopping")


async def finish_unless(work: Coroutine[Any, Any, None], **events: Coroutine[Any, Any, Any]) -> str | None:
    """Do the work, but cancel it as soon as one of the events happens; returns the name of that event."""
    working = asyncio.ensure_future(work)
    waiting = {asyncio.ensure_future(event): name for name, event in events.items()}
    try:
        await asyncio.wait({working, *waiting}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            working.result()
            return None
        working.cancel()
        await asyncio.wait({working})
        return next(name for event, name in waiting.items() if event.done())
    finally:
        for task in (working, *waiting):
            task.cancel()


async def disconnected(request: Request) -> None:
    """Return when the client has gone. To be called once the body was read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class Server(uvicorn.Server):
    """uvicorn, telling the endpoint that it is to stop before it waits for the running requests."""

    def __init__(self, config: uvicorn.Config, endpoint: QueryEndpoint) -> None:
        super().__init__(config)
        self._endpoint = endpoint

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._endpoint.stop()
        await super().shutdown(sockets)


async def ping(request: Request) -> Response:
    return PlainTextResponse("Ok.\n")


def build_app(database: Database, endpoint: QueryEndpoint) -> Starlette:
    """The application; it closes the database when it ends."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        try:
            yield
        finally:
            await database.close()

    routes = [
        Route("/", endpoint, methods=["GET", "POST"]),
        Route("/ping", ping),
        Route("/replicas_status", ping),
    ]
    return Starlette(routes=routes, lifespan=lifespan)


def serve(folder: Path, *, port: int, places: Places, limits: Limits) -> None:
    """Serve until SIGTERM or Ctrl-C, then end cleanly. Raises `LocalModeError` when folder or port are in use."""
    with listen(port) as listening:
        database = Database(folder, places=places, limits=limits)
        endpoint = QueryEndpoint(database)
        config = uvicorn.Config(
            build_app(database, endpoint),
            http="httptools",
            log_level="warning",
            timeout_keep_alive=KEEP_ALIVE,
            timeout_graceful_shutdown=GRACE,
            server_header=False,
        )
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: None)  # uvicorn raises them again when it has ended: that is no crash
        Server(config, endpoint).run(sockets=[listening])


def listen(port: int) -> socket.socket:
    try:
        return socket.create_server((LOOPBACK, port), backlog=256)
    except OSError as error:
        raise LocalModeError(f"cannot listen on port {port} of {LOOPBACK}: {error.strerror}") from error
