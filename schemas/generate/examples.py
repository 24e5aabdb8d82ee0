"""The examples of each message: the golden ones of the events, and those of `turns`."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from schemas.dead_letter import DeadLetter, to_record
from schemas.generate.sent import PUBLIC

EXAMPLES = Path(__file__).parents[1] / "examples"
RECEIVED: Mapping[str, str] = {
    "Submission": "Two turns, with the ids that make a resend recognisable.",
    "Submission.everything": "Every field.",
    "Control.session_ended": "The session is over: its window closes.",
    "Control.flush": "Close the conversation's window now.",
}
REFUSED = DeadLetter(
    code="VALIDATION_ERROR",
    message="turns.0.role: must be user, assistant, system, tool or document",
    stage="ingest",
    subject="submission",
    topic="turns",
    partition=3,
    offset=41,
    timestamp=1_767_225_600_500,
    key=b"acme/ann",
    value=b'{"org_id": "acme", "user_id": "ann", "turns": [{"role": "root", "text": "Hello."}]}',
    headers=(("trace-id", b"t-1"),),
    field="turns.0.role",
    org_id="acme",
    user_id="ann",
    session_id="default-session",
)


class Example(NamedTuple):
    """One record; `value`: its payload, or for a dead letter payload and headers."""

    name: str
    summary: str
    value: dict[str, Any]


def examples() -> dict[str, list[Example]]:
    """By the name of the message."""
    found: dict[str, list[Example]] = {"DeadLetter": [_refused()]}
    for name, summary in RECEIVED.items():
        value = json.loads((EXAMPLES / "turns" / f"{name}.json").read_text(encoding="utf-8"))
        found.setdefault(name.partition(".")[0], []).append(Example(name, summary, value))
    for event in PUBLIC:
        name = event.__name__
        path = EXAMPLES / f"{name}.v{event.model_fields['version'].default}.json"
        found[name] = [Example(name, "As it stands in the topic.", json.loads(path.read_text(encoding="utf-8")))]
    return found


def _refused() -> Example:
    value, headers = to_record(REFUSED)
    record = {"headers": {name: content.decode() for name, content in headers}, "payload": (value or b"").decode()}
    return Example("DeadLetter", "A submission with a role that is none.", record)
