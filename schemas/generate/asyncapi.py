"""The AsyncAPI document: what turnlog receives and sends, on which topics, with which keys and headers."""

from collections.abc import Iterable, Mapping
from typing import Any

from schemas.generate.examples import Example
from schemas.generate.shape import Schema, Shape
from schemas.generate.words import ABOUT, DEAD_LETTERS, FACTS, JOBS, KEY, TRACE, TURNS
from schemas.topics import Topic, facts_topic, jobs_topic, registry
from streams.ingest.headers import CLOUD_EVENT, KNOWN, LONGEST

CONTRACT = "1.0.0"
"""Of this document. The first number is the version of the events."""
BINDING = {"bindingVersion": "0.5.0"}
JSON = "application/json"
SCOPE_KEY = r"^([^%/]|%25|%2F)+/([^%/]|%25|%2F)+$"
CHANNELS = {"turns": TURNS, "facts": FACTS, "jobs": JOBS, "deadLetters": DEAD_LETTERS}


def document(shapes: Mapping[str, Shape], examples: Mapping[str, list[Example]]) -> Schema:
    """The whole document. `shapes` and `examples`: by the name of their message."""
    topics = {topic.name: topic for topic in registry(1)}
    generation = {"generation": {"description": "The view `turnlog.generations` says which one is live."}}
    channels = {
        "turns": _channel(topics["turns"], "turns", ("Submission", "Control")),
        "facts": _channel(
            topics[facts_topic(1)], "facts.g{generation}", ("FactRecorded", "WindowResolved"), generation
        ),
        "jobs": _channel(topics[jobs_topic(1)], "jobs.g{generation}", ("JobChanged",), generation),
        "deadLetters": _channel(topics["dead-letters"], "dead-letters", ("DeadLetter",)),
    }
    for name, words in CHANNELS.items():
        channels[name] |= {"title": words.title, "description": words.text}
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "turnlog", "version": CONTRACT, "description": ABOUT},
        "defaultContentType": JSON,
        "servers": {
            "kafka": {
                "host": "{bootstrap}",
                "protocol": "kafka",
                "description": "Your Kafka. `turnlog up` starts one on this machine and prints where it listens.",
                "variables": {"bootstrap": {"default": "127.0.0.1:9092", "description": "As in TURNLOG_KAFKA."}},
            }
        },
        "channels": channels,
        "operations": {
            "receiveTurns": _operation("receive", "turns", channels),
            "sendFacts": _operation("send", "facts", channels),
            "sendJobs": _operation("send", "jobs", channels),
            "sendDeadLetters": _operation("send", "deadLetters", channels),
        },
        "components": {
            "messages": {
                **{name: _received(name, shapes[name], examples) for name in ("Submission", "Control")},
                **{
                    name: _sent(name, shapes[name], examples)
                    for name in ("FactRecorded", "WindowResolved", "JobChanged")
                },
                "DeadLetter": _dead_letter(shapes["DeadLetterHeader"], examples["DeadLetter"]),
            },
            "schemas": {name: part for shape in shapes.values() for name, part in _components(shape)},
        },
    }


def _channel(topic: Topic, address: str, messages: Iterable[str], parameters: Schema | None = None) -> Schema:
    config: Schema = {
        "cleanup.policy": [topic.config["cleanup.policy"]],
        "retention.ms": int(topic.config["retention.ms"]),
        "max.message.bytes": int(topic.config["max.message.bytes"]),
    }
    channel: Schema = {
        "address": address,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in messages},
        "bindings": {"kafka": {"topicConfiguration": config, **BINDING}},
    }
    return channel | ({"parameters": parameters} if parameters else {})


def _operation(action: str, channel: str, channels: Mapping[str, Schema]) -> Schema:
    return {
        "action": action,
        "channel": {"$ref": f"#/channels/{channel}"},
        "summary": CHANNELS[channel].operation,
        "messages": [{"$ref": f"#/channels/{channel}/messages/{name}"} for name in channels[channel]["messages"]],
    }


def _received(name: str, shape: Shape, examples: Mapping[str, list[Example]]) -> Schema:
    return {
        **_about(name, shape),
        "headers": _headers(),
        "correlationId": {"location": "$message.header#/correlation-id"},
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": _key("Wanted, not required: a record elsewhere is moved to the partition of its scope."),
        "examples": [_example(example, {"payload": example.value}) for example in examples[name]],
    }


def _sent(name: str, shape: Shape, examples: Mapping[str, list[Example]]) -> Schema:
    return {
        **_about(name, shape),
        "payload": {"$ref": f"#/components/schemas/{name}"},
        "bindings": _key("Always the scope."),
        "examples": [_example(example, {"payload": example.value}) for example in examples[name]],
    }


def _dead_letter(header: Shape, examples: Iterable[Example]) -> Schema:
    properties: Schema = {
        "turnlog": {
            "type": "string",
            "contentMediaType": JSON,
            "description": "A JSON object as `#/components/schemas/DeadLetterHeader` says.",
        },
        "original-key": {"type": "string", "description": "The bytes of the record's key, if it had one."},
    }
    original = {"type": ["string", "null"], "description": "A header of the record itself, its bytes unchanged."}
    return {
        "name": "DeadLetter",
        "title": "DeadLetter",
        "summary": header.schema["description"],
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": properties,
            "patternProperties": {r"^original\.": original},
            "required": ["turnlog"],
        },
        "payload": {"type": ["string", "null"], "format": "binary", "description": DEAD_LETTERS.payload},
        "bindings": _key("The scope where it could be read, else the record's own key."),
        "examples": [_example(example, example.value) for example in examples],
        "x-turnlog-header": {"$ref": "#/components/schemas/DeadLetterHeader"},
    }


def _about(name: str, shape: Shape) -> Schema:
    return {"name": name, "title": name, "summary": shape.schema["description"].split(". ")[0].rstrip(".") + "."}


def _example(example: Example, parts: Schema) -> Schema:
    return {"name": example.name, "summary": example.summary, **parts}


def _headers() -> Schema:
    text = {"type": "string", "maxLength": LONGEST}
    return {
        "type": "object",
        "description": TRACE,
        "properties": dict.fromkeys(sorted(KNOWN), text),
        "patternProperties": {f"^{CLOUD_EVENT}": text},
    }


def _key(text: str) -> Schema:
    key = {"type": "string", "pattern": SCOPE_KEY, "description": f"{text} {KEY}", "examples": ["acme/ann"]}
    return {"kafka": {"key": key, **BINDING}}


def _components(shape: Shape) -> Iterable[tuple[str, Any]]:
    yield shape.name, _relocated(shape.schema)
    for name, part in shape.defs.items():
        yield name, _relocated(part)


def _relocated(part: Any) -> Any:
    """The same schema, where definitions are components."""
    match part:
        case {"$ref": str(ref)}:
            return {"$ref": ref.replace("#/$defs/", "#/components/schemas/")}
        case dict():
            return {name: _relocated(value) for name, value in part.items()}
        case list():
            return [_relocated(value) for value in part]
    return part
