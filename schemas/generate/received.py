"""Submissions and control records as JSON Schema: the models, and the rules that ingest adds to them.

Never stricter than ingest. What JSON Schema cannot say is said in words: sizes in bytes, days of a month, tags of
both lists together, what the settings allow.
"""

from schemas.generate.shape import Schema, Shape, or_null, shape_of
from schemas.submission import (
    MAX_METADATA_BYTES,
    MAX_METADATA_DEPTH,
    MAX_METADATA_KEYS,
    MAX_RECORD_BYTES,
    MAX_TAGS,
    Control,
    Submission,
)
from streams.ingest.decode import ROLES
from streams.ingest.times import EARLIEST_OCCURRED, EARLIEST_SAID, LATEST, MILLIS_FROM

ROUNDING = 0.001
"""Seconds are rounded to milliseconds before they are judged."""
TIME = (
    r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])"
    r"([Tt ]([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})?)?$"
)
SCALAR: Schema = {"type": ["string", "number", "boolean", "null"]}


def submission() -> Shape:
    """The value of a record that adds turns."""
    shape = shape_of(Submission)
    turn, observation = shape.defs["SentTurn"]["properties"], shape.defs["SentObservation"]["properties"]
    fields = shape.schema["properties"]
    turn["role"]["enum"] = list(ROLES)
    turn["timestamp"] |= or_null({"anyOf": _time(EARLIEST_SAID)})
    observation["occurred_at"] |= or_null({"anyOf": _time(EARLIEST_OCCURRED)})
    observation["occurred_at"]["description"] = "When it happened, in the same forms; from 1900 to 2199."
    turn["timestamp"]["description"] += " From 1970 to 2199; numbers from 100000000000 on are milliseconds."
    for name in ("tags", "document_tags"):
        fields[name]["description"] = f"At most {MAX_TAGS} different ones in tags and document_tags together."
        fields[name] |= {"if": {"uniqueItems": True}, "then": {"maxItems": MAX_TAGS}}
    fields["options"].pop("default")
    fields["metadata"] = {
        "type": "object",
        "default": {},
        "description": (
            f"At most {MAX_METADATA_KEYS} keys, {MAX_METADATA_DEPTH} levels and {MAX_METADATA_BYTES >> 10} KiB, without"
            " fields that are null. Integers must fit in 64 bits."
        ),
        "additionalProperties": {"$ref": "#/$defs/MetadataLevel2"},
        "if": {"additionalProperties": {"not": {"type": "null"}}},
        "then": {"maxProperties": MAX_METADATA_KEYS},
    }
    shape.defs.pop("JsonValue", None)
    shape.schema["description"] += (
        f" At most {MAX_RECORD_BYTES} bytes of JSON in UTF-8. A field that is null is absent; a field that is not"
        " listed here is ignored and counted."
    )
    named = ("SentTurn", "SentObservation", "SentEntity", "SentOptions")
    for part in (shape.schema, *(shape.defs[name] for name in named)):
        _null_is_absent(part)
    return shape._replace(defs={name: shape.defs[name] for name in named} | _metadata_levels())


def control() -> Shape:
    """The value of a record that says something about a conversation."""
    shape = shape_of(Control)
    _null_is_absent(shape.schema)
    return shape


def _null_is_absent(part: Schema) -> None:
    required = part.get("required", ())
    part["properties"] = {
        name: field if name in required else or_null(field) for name, field in part["properties"].items()
    }


def _time(earliest: int) -> list[Schema]:
    seconds = {"type": "number", "minimum": earliest / 1000 - ROUNDING, "maximum": LATEST / 1000 + ROUNDING}
    after = {"type": "number", "minimum": MILLIS_FROM, "maximum": LATEST}
    before = {"type": "number", "minimum": earliest, "maximum": -MILLIS_FROM}
    text = {"type": "string", "pattern": TIME}
    return [text, seconds, after] if earliest > -MILLIS_FROM else [text, seconds, after, before]


def _metadata_levels() -> dict[str, Schema]:
    """What may stand at each level below the metadata object, which is the first."""
    levels: dict[str, Schema] = {}
    for level in range(2, MAX_METADATA_DEPTH + 1):
        below = SCALAR if level == MAX_METADATA_DEPTH else {"$ref": f"#/$defs/MetadataLevel{level + 1}"}
        containers = [{"type": "array", "items": below}, {"type": "object", "additionalProperties": below}]
        levels[f"MetadataLevel{level}"] = {"anyOf": [SCALAR, *containers]}
    return levels
