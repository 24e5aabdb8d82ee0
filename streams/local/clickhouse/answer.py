"""What goes out: headers as ClickHouse names them, a body in pieces, errors before and in the middle of it."""

import asyncio
import uuid
from collections.abc import Mapping

from starlette.types import Send

from streams.local.clickhouse.engine import Read, Written
from streams.local.clickhouse.failure import ClickHouseError

STALLED = 60.0
"""Seconds after which a client that takes nothing of its answer is given up."""

CONTENT_TYPES = {
    "json": "application/json; charset=UTF-8",
    "jsoncompact": "application/json; charset=UTF-8",
    "jsonstrings": "application/json; charset=UTF-8",
    "jsoneachrow": "application/x-ndjson; charset=UTF-8",
    "csv": "text/csv; charset=UTF-8; header=absent",
    "csvwithnames": "text/csv; charset=UTF-8; header=present",
    "native": "application/octet-stream",
    "rowbinary": "application/octet-stream",
    "rowbinarywithnamesandtypes": "application/octet-stream",
    "parquet": "application/octet-stream",
    "arrow": "application/octet-stream",
    "arrowstream": "application/octet-stream",
}
TEXT = "text/plain; charset=UTF-8"


class Answer:
    """One response, sent as it becomes known."""

    def __init__(self, send: Send, *, timezone: str) -> None:
        self._send = send
        self._tag = uuid.uuid4().hex[:16]
        self.started = False
        self.headers = {"X-ClickHouse-Server-Display-Name": "turnlog", "X-ClickHouse-Timezone": timezone}

    async def send_all(self, body: bytes, *, status: int = 200, content_type: str = TEXT) -> None:
        """The whole answer at once."""
        await self.start(status=status, content_type=content_type, length=len(body))
        await self._put(body, more=False)

    async def start(self, *, status: int = 200, content_type: str = TEXT, length: int | None = None) -> None:
        headers = {**self.headers, "Content-Type": content_type}
        if length is None:
            headers["X-ClickHouse-Exception-Tag"] = self._tag
        else:
            headers["Content-Length"] = str(length)
        raw = [(name.lower().encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
        self.started = True
        await self._send({"type": "http.response.start", "status": status, "headers": raw})

    async def put(self, piece: bytes) -> None:
        """A piece of the body. Returns when the client has taken enough; raises `TimeoutError` when it takes none."""
        await self._put(piece, more=True)

    async def end(self) -> None:
        await self._put(b"", more=False)

    async def fail(self, error: ClickHouseError) -> None:
        """An answer of its own, or, when one has begun, what ClickHouse's clients know as its broken end."""
        text = error.text.encode() + b"\n"
        if self.started:
            tag = self._tag.encode()
            await self.put(b"\r\n__exception__\r\n%s\r\n%s%d %s\r\n__exception__\r\n" % (tag, text, len(text), tag))
            await self.end()
        else:
            self.headers["X-ClickHouse-Exception-Code"] = str(error.code)
            await self.send_all(text, status=error.status)

    async def _put(self, piece: bytes, *, more: bool) -> None:
        async with asyncio.timeout(STALLED):
            await self._send({"type": "http.response.body", "body": piece, "more_body": more})


def content_type_of(form: str) -> str:
    return CONTENT_TYPES.get(form.lower(), "text/tab-separated-values; charset=UTF-8")


def summarise_read(read: Read) -> str:
    return _summary({"read_rows": read.rows, "read_bytes": read.bytes, **_written(read.written)})


def summarise_insert(written: Written) -> str:
    return _summary({"read_rows": written.rows, "read_bytes": written.bytes, **_written(written)})


def _written(written: Written) -> Mapping[str, int]:
    seconds = int(written.seconds * 1e9)
    return {"written_rows": written.rows, "written_bytes": written.bytes, "elapsed_ns": seconds}


def _summary(numbers: Mapping[str, int]) -> str:
    """ClickHouse sends its numbers as texts."""
    return "{" + ",".join(f'"{name}":"{number}"' for name, number in numbers.items()) + "}"
