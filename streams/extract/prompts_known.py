"""The prompts that windows name by their hash. A text comes with the first window that names it, and is kept for ever.

b"t" hash          -> the text, or how many parts it has
b"q" hash number   -> a part of one over 1 MiB
"""

import orjson

from schemas.extraction import Asked
from streams import codec
from streams.extract import parts
from streams.overlay import Overlay, Readable


def learn(table: Overlay, asked: Asked) -> None:
    """Keep the text that came with a window."""
    if asked.prompt and asked.prompt_text and table.get(_key(asked.prompt)) is None:
        for key, value in parts.split(_key(asked.prompt), _part(asked.prompt), codec.dumps(asked.prompt_text)).items():
            table.put(key, value)


def text_of(table: Readable, prompt: str) -> str | None:
    """The text of the prompt with this hash, if a window ever brought it."""
    value = parts.join(table, _key(prompt), _part(prompt))
    return None if value is None else orjson.loads(value)


def _key(prompt: str) -> bytes:
    return b"t" + prompt.encode()


def _part(prompt: str) -> parts.PartKey:
    return lambda number: b"q" + prompt.encode() + number
