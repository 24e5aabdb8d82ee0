"""What the server answers: the default, and what a script may ask for instead."""

import json
import re
from typing import Any, NamedTuple

_TURN = re.compile(
    r'<turn-(?P<fence>\w{8}) number="(?P<number>\d+)" role="(?P<role>\w+)"'
    r'(?: name=(?P<name>"(?:[^"\\]|\\.)*"))?[^>\n]*>\n'
    r"(?P<text>.*?)\n</turn-(?P=fence)>",
    re.DOTALL,
)
_MOST = re.compile(r"Give at most (\d+) facts from the turns \d+ to \d+\.\Z")


class Text(NamedTuple):
    """An answer, letter for letter."""

    text: str | None
    finish_reason: str = "stop"
    refusal: str | None = None


class Facts(NamedTuple):
    """An answer with these facts; without any of its own those of the default."""

    facts: tuple[dict[str, Any], ...] | None = None
    cut_at: int | None = None
    """Only so many characters of it, with finish reason length."""
    delay_s: float = 0.0

    @classmethod
    def none(cls) -> "Facts":
        return cls(())


class Fail(NamedTuple):
    """An error, with the body that model servers send; `body` is another."""

    status: int
    code: str | None = None
    message: str = "no"
    retry_after: str | None = None
    body: bytes | None = None


class Hang(NamedTuple):
    """An answer that comes when nobody waits any more."""

    seconds: float


class Drop(NamedTuple):
    """No answer: the connection ends once the question was read."""


Step = Text | Facts | Fail | Hang | Drop


def fact(turn: int, content: str, *, quote: str = "", **fields: Any) -> dict[str, Any]:
    """A fact in the form that is asked for."""
    return {
        "evidence": [{"turn": turn, "quote": quote}],
        "speaker": "user",
        "type": "fact",
        "content": content,
        "subject": None,
        "predicate": None,
        "object": None,
        "about": "user",
        "basis": "said",
        "confidence": 0.9,
        "happened_from": None,
        "happened_until": None,
        "expires": None,
        "entities": [],
    } | fields


def default_facts(question: str) -> list[dict[str, Any]]:
    """One fact for every turn of a user with words in it, quoting its first line."""
    found = []
    for turn in _TURN.finditer(question):
        line = next((line.strip() for line in turn["text"].splitlines() if line.strip()), "")
        if turn["role"] == "user" and line:
            name = json.loads(turn["name"]) if turn["name"] else "user"
            content = f"{name} said: {line[:200]}"
            found.append(fact(int(turn["number"]), content, quote=line[:80], speaker=name, about=name))
    most = _MOST.search(question)
    return found[: int(most[1])] if most else found
