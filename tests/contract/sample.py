"""Messages of a file named by TURNLOG_DIRTY_SAMPLE: key, value and headers as bytes, and what may become of each."""

import os
from base64 import b64decode
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from tests.contract.case import Sent

VARIABLE = "TURNLOG_DIRTY_SAMPLE"


class Sample(NamedTuple):
    """One message. `expect`: accept, reject or duplicate_of:<id>; `others`: what is fine too."""

    id: str
    group: str
    name: str
    sent: Sent
    expect: str
    others: tuple[str, ...]
    forbidden: tuple[bytes, ...]


def read_sample() -> list[Sample]:
    """The messages in file order; none where the variable is not set."""
    path = os.environ.get(VARIABLE)
    return [_message(orjson.loads(line)) for line in Path(path).read_bytes().split(b"\n") if line] if path else []


def _message(fields: dict[str, Any]) -> Sample:
    headers = tuple((name, _bytes(content) or b"") for name, content in fields.get("headers") or ())
    sent = Sent(_bytes(fields["value_b64"]), _bytes(fields["key_b64"]), headers)
    forbidden = tuple(b64decode(text) for text in fields.get("forbid_b64") or ())
    return Sample(
        fields["id"], fields["group"], fields["name"], sent, fields["expect"], tuple(fields["alt"]), forbidden
    )


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else b64decode(text)
