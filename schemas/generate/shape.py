"""A pydantic model as plain JSON Schema: no generated titles, no `default: null`, definitions apart."""

from typing import Any, NamedTuple

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

Schema = dict[str, Any]
DIALECT = "https://json-schema.org/draft/2020-12/schema"
NULL: Schema = {"type": "null"}
ANNOTATIONS = ("description", "default", "deprecated")


class Shape(NamedTuple):
    """A schema and the definitions that it refers to as `#/$defs/...`."""

    name: str
    schema: Schema
    defs: dict[str, Schema]

    def document(self) -> Schema:
        """The shape as a file that stands alone."""
        about = {"$schema": DIALECT, "title": self.name, **self.schema}
        return {**about, "$defs": self.defs} if self.defs else about


class _Plain(GenerateJsonSchema):
    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def shape_of(model: type[BaseModel]) -> Shape:
    """What `model` reads."""
    schema = model.model_json_schema(schema_generator=_Plain)
    defs = schema.pop("$defs", {})
    for part in (schema, *defs.values()):
        part.pop("title", None)
        for field in part.get("properties", {}).values():
            _simplify(field)
    return Shape(model.__name__, schema, defs)


def _simplify(field: Schema) -> None:
    """`X or null` in the short form, where there is one."""
    if field.get("default", 0) is None:
        del field["default"]
    if NULL in field.get("anyOf", ()):
        core = [part for part in field.pop("anyOf") if part != NULL]
        field |= or_null(core[0] if len(core) == 1 else {"anyOf": core})


def or_null(field: Schema) -> Schema:
    """The same field, where null may stand for its absence."""
    if NULL in field.get("anyOf", ()) or "null" in field.get("type", ()):
        return field
    if isinstance(field.get("type"), str) and not field.keys() & {"const", "enum", "if"}:
        return {**field, "type": [field["type"], "null"]}
    outside = {name: part for name, part in field.items() if name in ANNOTATIONS}
    core = {name: part for name, part in field.items() if name not in ANNOTATIONS}
    kinds = core["anyOf"] if core.keys() == {"anyOf"} else [core]
    return {**outside, "anyOf": [*kinds, NULL]}
