"""Every identifier is computed here, from what it identifies. The generation is never part of one.

Ids are 128-bit BLAKE2b hashes (32 hexadecimal digits) under a secret key, so that nobody can guess a short text from
an id. They are taken over an unambiguous encoding of typed parts, never over joined strings.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from hashlib import blake2b

Part = None | bool | int | float | str | bytes | Sequence["Part"]


def encode(part: Part) -> bytes:
    """One value as bytes that no other value has: a type letter, a length, the content."""
    # in the order of how often each kind comes: ids are a good part of what every stage costs
    if type(part) is int:
        return b"i%d;" % part
    if isinstance(part, str):
        content = part.encode()
        return b"s%d:%b" % (len(content), content)
    if isinstance(part, bytes):
        return b"b%d:%b" % (len(part), part)
    if part is None:
        return b"n"
    if isinstance(part, bool):
        return b"t" if part else b"f"
    if isinstance(part, int):
        return b"i%d;" % part
    if isinstance(part, float):
        return b"d%b;" % part.hex().encode()
    return encoded_list([encode(value) for value in part])


def encoded_list(parts: Sequence[bytes]) -> bytes:
    """A list of values that are encoded already, as `encode` would."""
    return b"l%d:%b" % (len(parts), b"".join(parts))


SCOPES_KNOWN = 1 << 14
label = lru_cache(1_024)(encode)
"""`encode` for roles and names, which come again and again."""


def scope_key(org_id: str, user_id: str) -> bytes:
    """The record key on every topic: `org_id/user_id`, with `%` and `/` inside an id escaped."""
    return f"{_escape(org_id)}/{_escape(user_id)}".encode()


def parse_scope_key(key: bytes) -> tuple[str, str]:
    """The inverse of `scope_key`. Raises ValueError for anything that `scope_key` does not make."""
    org_id, slash, user_id = key.decode().partition("/")
    scope = _unescape(org_id), _unescape(user_id)
    if not slash or scope_key(*scope) != key:
        raise ValueError("not a scope key")
    return scope


def _escape(value: str) -> str:
    return value.replace("%", "%25").replace("/", "%2F") if "%" in value or "/" in value else value


def _unescape(value: str) -> str:
    return value.replace("%2F", "/").replace("%25", "%")


def normalise(text: str) -> str:
    """Unicode NFC: two ways to write the same letters are the same turn."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


class Ids:
    """Identifiers under one hash key. Stores made with different keys cannot be mixed.

    Those that every turn needs put their parts together by hand, as `encode` would: it costs twice what hashing does.
    """

    def __init__(self, key: str) -> None:
        self._key = blake2b(digest_size=16, key=blake2b(key.encode(), digest_size=32).digest())
        self.scope = lru_cache(SCOPES_KNOWN)(self._scope)
        self._starts: dict[tuple[str, int], blake2b] = {}
        self._conversation = self._start("conversation", 3)
        self._turn_by_event = self._start("turn/event", 2)
        self._turn_by_time = self._start("turn/time", 5)
        self._content = self._start("content", 3)
        self._job = self._start("job", 3)
        self._attempt = self._start("job attempt", 2)
        self._window = self._start("window", 2)
        self._extraction = self._start("extraction", 4)

    def digest(self, kind: str, *parts: Part) -> bytes:
        """16 bytes for the parts; `kind` keeps ids of different things apart."""
        start = self._starts.get((kind, len(parts))) or self._start(kind, len(parts))
        hashed = start.copy()
        hashed.update(b"".join(map(encode, parts)))
        return hashed.digest()

    def _start(self, kind: str, number: int) -> blake2b:
        """Hashing the block of the key and what all ids of a kind with so many parts begin with is done once."""
        start = self._starts[kind, number] = self._key.copy()
        start.update(b"l%d:%b" % (number + 1, encode(kind)))
        return start

    def fingerprint(self) -> str:
        """Names the key without telling it."""
        return self.digest("fingerprint").hex()

    def _scope(self, org_id: str, user_id: str) -> bytes:
        return self.digest("scope", org_id, user_id)

    def conversation(self, org_id: str, user_id: str, session_id: str) -> bytes:
        org, user, session = org_id.encode(), user_id.encode(), session_id.encode()
        hashed = self._conversation.copy()
        hashed.update(b"s%d:%bs%d:%bs%d:%b" % (len(org), org, len(user), user, len(session), session))
        return hashed.digest()

    def turn_by_event(self, conversation: bytes, event_id: str) -> str:
        sent = event_id.encode()
        hashed = self._turn_by_event.copy()
        hashed.update(b"b%d:%bs%d:%b" % (len(conversation), conversation, len(sent), sent))
        return hashed.digest().hex()

    def turn_by_time(self, conversation: bytes, role: str, name: str | None, text: str, said_at: int) -> str:
        """`text` as sent; `said_at`: epoch ms, sent by the publisher (never an arrival time)."""
        said = normalise(text).encode()
        hashed = self._turn_by_time.copy()
        hashed.update(b"b%d:%b%b%b" % (len(conversation), conversation, label(role), label(name)))
        hashed.update(b"s%d:%bi%d;" % (len(said), said, said_at))
        return hashed.digest().hex()

    def turn_by_place(self, conversation: bytes, turns: bytes, index: int) -> str:
        """Weak identity in a submission of several turns; `turns`: digest of the whole list."""
        return self.digest("turn/place", conversation, turns, index).hex()

    def turn_by_job(self, conversation: bytes, job_id: str) -> str:
        """Weak identity of the only turn of a submission with a job id of its own."""
        return self.digest("turn/job", conversation, job_id).hex()

    def turn_by_coordinate(self, conversation: bytes, topic: str, partition: int, offset: int) -> str:
        """Weak identity of a turn that came alone: the second "yes" of a day is a new turn."""
        return self.digest("turn/coordinate", conversation, topic, partition, offset).hex()

    def content(self, role: str, name: str | None, text: str) -> bytes:
        """What a turn says: role, name and NFC text, before redaction."""
        said = normalise(text).encode()
        hashed = self._content.copy()
        hashed.update(b"%b%bs%d:%b" % (label(role), label(name), len(said), said))
        return hashed.digest()

    def job(self, conversation: bytes, turns: Iterable[tuple[str, bytes]], options: Part) -> str:
        """A job without an id of the caller's; `turns`: (turn id, content digest) in order."""
        named = [(turn_id.encode(), content) for turn_id, content in turns]
        listed = [b"l2:s%d:%bb%d:%b" % (len(turn), turn, len(said), said) for turn, said in named]
        hashed = self._job.copy()
        hashed.update(b"b%d:%bl%d:" % (len(conversation), conversation, len(listed)))
        hashed.update(b"%b%b" % (b"".join(listed), encode(options)))
        return hashed.digest().hex()

    def attempt(self, job_id: str, attempt: int) -> bytes:
        """An attempt of a job, within its scope."""
        job = job_id.encode()
        hashed = self._attempt.copy()
        hashed.update(b"s%d:%bi%d;" % (len(job), job, attempt))
        return hashed.digest()

    def window(
        self, conversation: bytes, units: Iterable[tuple[str, int]], tried: tuple[str, int] | None = None
    ) -> str:
        """`units`: (turn id, piece index) in order; `tried`: of a dry run, its (job id, attempt).

        The same turns may be tried more than once, and sent in earnest later: each time is a window of its own.
        """
        if tried is not None:
            places: list[Part] = [[turn_id, piece] for turn_id, piece in units]
            return self.digest("window/tried", conversation, places, *tried).hex()
        hashed = self._window.copy()
        hashed.update(b"b%d:%b%b" % (len(conversation), conversation, _places(units)))
        return hashed.digest().hex()

    def extraction(self, scope: bytes, units: Iterable[tuple[str, int]], rendered: bytes, extractor: bytes) -> str:
        """`units`: (turn id, piece index) in order, and not the window: what a dry run asked is not asked again.

        Encoded: `rendered`, all that the request shows, and `extractor`, its name, version, model, prompt, schema and
        limits.
        """
        hashed = self._extraction.copy()
        hashed.update(b"b%d:%b%b%b%b" % (len(scope), scope, _places(units), rendered, extractor))
        return hashed.digest().hex()

    def fact(self, scope: bytes, type_: str, slot: Sequence[str] | None, content: str) -> str:
        """`slot`: (subject, predicate, object) of a slotted fact, normalised; else `content` counts, normalised."""
        return self.digest("fact", scope, type_, slot, None if slot else content).hex()

    def slot(self, scope: bytes, subject: str, predicate: str) -> bytes:
        return self.digest("slot", scope, subject, predicate)

    def entity(self, scope: bytes, type_: str, folded_name: str) -> str:
        return self.digest("entity", scope, type_, folded_name).hex()


def _places(units: Iterable[tuple[str, int]]) -> bytes:
    named = [(turn_id.encode(), piece) for turn_id, piece in units]
    return encoded_list([b"l2:s%d:%bi%d;" % (len(turn), turn, piece) for turn, piece in named])
