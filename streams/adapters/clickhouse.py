"""ClickHouse over HTTP. Blocking, one attempt a call; `patiently` tries again what may succeed later.

Whatever is away or overloaded raises TransientError, whatever the database refuses raises Refused.
"""

import asyncio
import logging
import ssl
import struct
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import SplitResult, urlsplit

import clickhouse_connect
from clickhouse_connect.driver import options
from clickhouse_connect.driver.exceptions import DatabaseError, Error, OperationalError
from urllib3.exceptions import HTTPError

from streams.errors import ConfigurationError, Internal, TransientError, TurnlogError
from streams.settings import Settings

log = logging.getLogger(__name__)
# what goes wrong is raised; the library's own log lines quote what was inserted
logging.getLogger("clickhouse_connect").setLevel(logging.CRITICAL)
logging.getLogger("urllib3").setLevel(logging.ERROR)  # warns of each new attempt with the parameters of the query
# to see whether rows are a data frame it would import pandas: half a second and 70 MB of every sink
options.pd = options.pd_time_test = None

T = TypeVar("T")
Columns = Sequence[Sequence[object]]

TRANSIENT_CODES = {
    159: "timeout exceeded",
    164: "read only",
    202: "too many simultaneous queries",
    203: "no free connection",
    209: "socket timeout",
    210: "network error",
    241: "memory limit exceeded",
    242: "table is read only",
    243: "not enough space",
    252: "too many parts",
    279: "all connection tries failed",
    285: "too few live replicas",
    319: "unknown status of insert",
    394: "query was cancelled",
    425: "system error",
    999: "keeper exception",
}
"""Errors of the server that say nothing about what was asked."""

NO_TLS: Mapping[str, object] = MappingProxyType({})
STREAM_TIMEOUT_S = 600
BROKEN_OFF = b"__exception__\r\n"
"""Begins and ends the block in which the server says why it broke an answer off."""
BROKEN_OFF_WITHIN = 16 << 10
"""Much may be sorted before the first piece of a stream comes."""

UNKNOWN_DATABASE, UNKNOWN_TABLE = 81, 60


class Refused(TurnlogError):
    """ClickHouse refused what it was asked. `code`: its error number, where it gave one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Backoff(NamedTuple):
    """How patiently something is tried again, in seconds."""

    first: float = 0.1
    factor: float = 2.0
    longest: float = 5.0
    deadline: float = 30.0

    def delay(self, attempt: int) -> float:
        """How long to wait after this attempt (1, 2, ...)."""
        return min(self.longest, self.first * self.factor ** min(attempt - 1, 32))


async def patiently(
    work: Callable[[], T],
    backoff: Backoff,
    clock: Callable[[], float] = time.monotonic,
    on_retry: Callable[[], None] = lambda: None,
) -> T:
    """Run blocking `work` in a thread until it succeeds. Raises the last TransientError before the deadline passes."""
    started, attempt = clock(), 1
    while True:
        try:
            return await asyncio.to_thread(work)
        except TransientError as error:
            delay = backoff.delay(attempt)
            if clock() + delay - started > backoff.deadline:
                raise
            log.warning("action=database_retry attempt=%d wait_s=%.1f error=%s", attempt, delay, error)
            on_retry()
            await asyncio.sleep(delay)
            attempt += 1


class Database:
    """One connection, made when it is first needed. For one thread at a time."""

    def __init__(
        self,
        address: str,
        user: str = "default",
        password: str = "",
        *,
        database: str | None = None,
        timeout_s: int = 30,
        tls: Mapping[str, object] = NO_TLS,
    ) -> None:
        """`address`: `http://host:port` or `https://...`; `database`: where names without one are looked up; `tls`:
        what `tls_of` says. Raises ConfigurationError for an address that is none."""
        parts = parse_address(address)
        self._about: dict[str, Any] = {
            "interface": parts.scheme,
            "host": parts.hostname,
            "port": parts.port,
            "username": user,
            "password": password,
            "database": database,
            "connect_timeout": min(5, timeout_s),
            "send_receive_timeout": timeout_s,
            # a session lets only one query run at a time, and we keep nothing in it
            "autogenerate_session_id": False,
            "show_clickhouse_errors": "scrub",
            "query_retries": 0,
            "tz_mode": "aware",
            # over loopback packing costs more than it saves
            "compress": parts.hostname not in ("127.0.0.1", "localhost", "::1"),
            **tls,
        }
        self._client: Any = None
        self._inserts: dict[tuple[str, tuple[str, ...]], Any] = {}

    def insert(self, table: str, columns: Sequence[str], data: Columns) -> None:
        """Insert rows, given column by column. Durable when it returns; the second time the same rows come again."""
        name, rows = (table, tuple(columns)), len(data[0])
        with _errors_about_values(table):
            context = self._inserts.get(name)
            if context is None:
                context = self._inserts[name] = self._connected().create_insert_context(
                    table,
                    list(columns),
                    column_oriented=True,
                    # An answer must mean that the rows are written; newer servers buffer inserts by default. What
                    # replaces what merges decide and FINAL asks for: to look for it at each insert, too, costs the
                    # server a quarter of its work (6.6 -> 4.9 us a turn).
                    settings={"async_insert": 0, "optimize_on_insert": 0},
                )
            try:
                context.data = data
                written = self._connected().data_insert(context).written_rows
            finally:
                context.data = None
        if written < rows:  # more where someone hung a materialized view on the table
            raise Refused(f"{table}: {rows} rows were sent and {written} written")

    def query(self, sql: str, parameters: Mapping[str, object] | None = None) -> list[dict[str, Any]]:
        """The rows of a SELECT. Parameters stand in it as `{name:Type}`."""
        with _errors_of_ours():
            return list(self._connected().query(sql, parameters=dict(parameters or {})).named_results())

    def stream(self, sql: str, parameters: Mapping[str, object] | None = None, *, form: str) -> Iterator[bytes]:
        """The answer in ClickHouse's format `form`, piece by piece as it arrives. Waits long for the first.

        Raises Refused, after the pieces, when the server broke the answer off: it says so in the body, in a block that
        no text format of rows can hold.
        """
        with _errors_of_ours():
            client = clickhouse_connect.get_client(**self._about | {"send_receive_timeout": STREAM_TIMEOUT_S})
            try:
                with client.raw_stream(sql, parameters=dict(parameters or {}), fmt=form) as pieces:
                    tail = b""
                    while piece := pieces.read(1 << 16):
                        yield piece
                        tail = (tail + piece)[-BROKEN_OFF_WITHIN:]
                    if tail.endswith(BROKEN_OFF) and (at := tail.find(b"\r\n" + BROKEN_OFF)) >= 0:
                        raise Refused(tail[at + len(BROKEN_OFF) + 2 :].decode(errors="replace"))
            finally:
                client.close()

    def execute(self, sql: str) -> None:
        """Run a statement that answers nothing."""
        with _errors_of_ours():
            self._connected().command(sql)

    def close(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None
            self._inserts.clear()

    def _connected(self) -> Any:
        if self._client is None:
            self._client = clickhouse_connect.get_client(**self._about)
        return self._client


def open_database(settings: Settings, *, database: str | None = None, timeout_s: int = 30) -> Database:
    """The database that the settings name. Nothing is sent yet."""
    return Database(
        settings.clickhouse,
        settings.clickhouse_user,
        settings.clickhouse_password,
        database=database,
        timeout_s=timeout_s,
        tls=tls_of(settings),
    )


def parse_address(address: str) -> SplitResult:
    """The parts of `http://host:port`. The address is not repeated in what is raised: it may hold a password."""
    try:
        parts = urlsplit(address)
        wrong = parts.scheme not in ("http", "https") or not parts.hostname or (parts.port or 1) < 1
    except ValueError:
        wrong = True
    if wrong:
        raise ConfigurationError("TURNLOG_CLICKHOUSE must be http://host:port or https://host:port")
    if parts.username or parts.password:
        raise ConfigurationError(
            "TURNLOG_CLICKHOUSE must not hold user and password: they have TURNLOG_CLICKHOUSE_USER and _PASSWORD"
        )
    return parts


def tls_of(settings: Settings) -> dict[str, object]:
    """The client's arguments about certificates. Raises ConfigurationError for files that cannot be used."""
    if urlsplit(settings.clickhouse).scheme != "https":
        if settings.clickhouse_ca or settings.clickhouse_certificate or settings.clickhouse_key:
            raise ConfigurationError("certificates are set for ClickHouse, but TURNLOG_CLICKHOUSE is no https address")
        return {}
    files = {
        "ca_cert": settings.clickhouse_ca,
        "client_cert": settings.clickhouse_certificate,
        "client_cert_key": settings.clickhouse_key,
    }
    for name in (str(file) for file in files.values() if file is not None and not file.is_file()):
        raise ConfigurationError(f"TURNLOG_CLICKHOUSE_CA, _CERTIFICATE, _KEY: there is no file {name}")
    about = {name: str(file) for name, file in files.items() if file is not None}
    # with a password the certificate only opens the connection; without one it is also who we are
    mode = {"tls_mode": "strict"} if settings.clickhouse_password else {}
    return {"verify": settings.clickhouse_verify, **about, **mode}


@contextmanager
def _errors_of_ours() -> Iterator[None]:
    try:
        yield
    except Error as error:
        raise _translated(error, str(error)) from error
    except HTTPError as error:  # a stream that breaks off is not the library's business
        raise TransientError(f"ClickHouse: no answer ({error})") from error


@contextmanager
def _errors_about_values(table: str) -> Iterator[None]:
    """What is said about an insert could quote what was inserted, and that is for nobody's log."""
    try:
        yield
    except Error as error:
        raise _translated(error, f"{table}: error {error.code} {error.name}") from None
    except HTTPError as error:
        raise TransientError(f"ClickHouse: no answer ({type(error).__name__})") from None
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, struct.error) as error:
        raise Internal(f"{table}: a value does not fit its column ({type(error).__name__})") from None


def _translated(error: Error, reason: str) -> TransientError | Refused:
    if error.code in TRANSIENT_CODES:
        return TransientError(f"ClickHouse: {TRANSIENT_CODES[error.code]}")
    if _is_untrusted(error):
        return Refused("ClickHouse: its certificate is not trusted. Check TURNLOG_CLICKHOUSE_CA and the host's name")
    # no connection, a broken one, or a proxy that answered in the database's place
    if error.code is None and type(error) in (OperationalError, DatabaseError):
        return TransientError(f"ClickHouse: no answer ({error})")
    return Refused(f"ClickHouse: {reason}", error.code)


def _is_untrusted(error: BaseException | None) -> bool:
    """Somewhere below, TLS gave up on the server's certificate; the libraries above hardly say so."""
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError) or isinstance(
            getattr(error, "reason", None), ssl.SSLCertVerificationError
        ):
            return True
        error = error.__cause__ or error.__context__
    return False
