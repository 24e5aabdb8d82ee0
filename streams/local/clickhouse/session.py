"""Sessions: settings, a database and temporary tables that last from one request to the next."""

import asyncio
import time
from typing import NamedTuple

from streams.local.clickhouse.call import Call
from streams.local.clickhouse.engine import Engine, Handle
from streams.local.clickhouse.failure import (
    SESSION_IS_LOCKED,
    SESSION_NOT_FOUND,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    ClickHouseError,
)
from streams.local.clickhouse.sql import Statement

MOST_SESSIONS = 64


class Before(NamedTuple):
    """What a request changes of a session for itself, as it was before."""

    database: str
    settings: dict[str, str]
    names: frozenset[str]


class Session:
    """A handle that outlives a request. One request at a time, as in ClickHouse."""

    def __init__(self, handle: Handle) -> None:
        self.handle = handle
        self.lock = asyncio.Lock()
        self.expires = 0.0

    def remember(self, names: frozenset[str]) -> Before:
        """Blocks. What to restore after a request that sets these."""
        return Before(self.handle.text("SELECT currentDatabase()"), self.handle.changed_settings(names), names)

    def restore(self, before: Before, *, keep_database: bool) -> None:
        """Blocks. The session's own settings come back; `keep_database`: the request was a USE."""
        self.handle.reset(before.names - before.settings.keys())
        self.handle.set(before.settings)
        if not keep_database:
            self.handle.use(before.database)


class Sessions:
    """All sessions. A session begins with its first statement that leaves something behind.

    Most clients name a session and never use it, and send queries side by side all the same: those share nothing
    and need no session. Readers cannot leave anything behind.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._sessions: dict[tuple[str, str], Session] = {}

    def find(self, call: Call, statement: Statement) -> Session | None:
        """The session to use, locked, or None where none is needed."""
        self._forget_expired()
        if call.session_id is None:
            return None
        key = (call.user, call.session_id)
        if key not in self._sessions:
            if call.session_must_exist:
                raise ClickHouseError(SESSION_NOT_FOUND, f"Session {call.session_id} not found")
            if call.user == "reader" or not leaves_something(statement):
                return None
            if len(self._sessions) >= MOST_SESSIONS:
                raise ClickHouseError(TOO_MANY_SIMULTANEOUS_QUERIES, f"There are {MOST_SESSIONS} sessions already")
            handle = self._engine.new_handle()
            handle.open()
            self._sessions[key] = Session(handle)
        session = self._sessions[key]
        if session.lock.locked():
            raise ClickHouseError(SESSION_IS_LOCKED, f"Session {call.session_id} is locked by a concurrent client")
        session.expires = time.monotonic() + call.session_timeout
        return session

    def close(self) -> None:
        for session in self._sessions.values():
            session.handle.close()
        self._sessions.clear()

    def _forget_expired(self) -> None:
        now = time.monotonic()
        for key, session in list(self._sessions.items()):
            if session.expires < now and not session.lock.locked():
                self._sessions.pop(key).handle.close()


def leaves_something(statement: Statement) -> bool:
    return statement.verb in ("set", "use") or {"create", "temporary"} <= statement.words
