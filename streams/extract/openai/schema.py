"""The form of an answer. The server enforces it (strict JSON schema); what it returns is checked again here."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from schemas.submission import FACT_TYPES
from streams import codec

SCHEMA_VERSION = 1
"""Part of the extraction key: another form is another question."""

_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}


def _object(**properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def _list(items: Any) -> dict[str, Any]:
    return {"type": "array", "items": items}


FACT_SCHEMA = _object(
    evidence=_list(_object(turn={"type": "integer"}, quote=_TEXT)),
    speaker=_TEXT,
    type={"type": "string", "enum": list(FACT_TYPES)},
    content=_TEXT,
    subject=_TEXT_OR_NULL,
    predicate=_TEXT_OR_NULL,
    object=_TEXT_OR_NULL,
    about=_TEXT,
    basis={"type": "string", "enum": ["said", "implied", "corrected"]},
    confidence={"type": "number"},
    happened_from=_TEXT_OR_NULL,
    happened_until=_TEXT_OR_NULL,
    expires=_TEXT_OR_NULL,
    entities=_list(_object(name=_TEXT, type=_TEXT)),
)
RESPONSE_FORMAT: dict[str, Any] = {
    "type": "json_schema",
    "json_schema": {"name": "facts", "strict": True, "schema": _object(facts=_list(FACT_SCHEMA))},
}
SCHEMA_TOKENS = len(codec.dumps(RESPONSE_FORMAT)) // 3


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class FoundProof(_Form):
    """A turn by its number, and words of it."""

    turn: int
    quote: str | None = None


class FoundName(_Form):
    """A name in a fact."""

    name: str
    type: str


class FoundFact(_Form):
    """One fact as the model writes it."""

    evidence: tuple[FoundProof, ...]
    speaker: str | None
    type: str
    content: str
    subject: str | None
    predicate: str | None
    object: str | None
    about: str | None
    basis: Literal["said", "implied", "corrected"]
    confidence: float
    happened_from: str | None
    happened_until: str | None
    expires: str | None
    entities: tuple[FoundName, ...]
