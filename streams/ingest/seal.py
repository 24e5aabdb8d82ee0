"""What publishers sent, on its way through our own topic: nobody reads it there without the hash key.

`ingest-rekeyed` holds records as they came, secrets included, because only ingest on the right partition can compare
them with what it knows. Sealed the same way each time, so that a record that is moved again is the same bytes.
"""

from base64 import b64decode, b64encode
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV

from schemas.submission import MAX_HEADERS
from streams import codec
from streams.ids import Ids
from streams.ports import Record, SourceRecord


class Seal:
    """Closes and opens what is moved, under a key that only holders of the hash key have."""

    def __init__(self, ids: Ids) -> None:
        self._cipher = AESSIV(ids.digest("seal", "authentication") + ids.digest("seal", "encryption"))

    def close(self, record: SourceRecord) -> bytes:
        """The record with its key and the headers that count."""
        about = {
            "topic": record.topic,
            "partition": record.partition,
            "offset": record.offset,
            "timestamp": record.timestamp,
            "key": _text(record.key),
            "headers": [(name, _text(content)) for name, content in record.headers[:MAX_HEADERS]],
        }
        return self._cipher.encrypt(codec.dumps(about) + b"\n" + (record.value or b""), None)

    def open(self, sealed: bytes | None) -> Record | None:
        """What was sent, and where it first lay; None for bytes that nobody with our key closed."""
        try:
            about, _, value = self._cipher.decrypt(sealed or b"", None).partition(b"\n")
        except (InvalidTag, ValueError):
            return None
        fields: dict[str, Any] = orjson.loads(about)
        headers = [(name, _bytes(content)) for name, content in fields.pop("headers")]
        key = _bytes(fields.pop("key"))
        return Record(**fields, key=key, value=value, headers=headers)  # type: ignore[arg-type]  # a header may hold null


def _text(content: bytes | None) -> str | None:
    return None if content is None else b64encode(content).decode()


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
