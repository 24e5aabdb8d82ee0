"""README's table of settings: every variable, its default and what it is for, from the fields of `Settings`."""

import json
from collections.abc import Iterator
from typing import NamedTuple

from pydantic import AliasChoices
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from streams.settings import Settings


class Variable(NamedTuple):
    """One environment variable."""

    name: str
    default: str
    about: str


def settings_table() -> str:
    """A Markdown table of all settings, those in groups beside the field that holds the group."""
    rows = [f"| `{each.name}` | {code(each.default)} | {cell(each.about)} |" for each in variables(Settings)]
    return "\n".join(["| variable | default | |", "|---|---|---|", *rows])


def variables(kind: type[BaseSettings]) -> Iterator[Variable]:
    """The variables of these settings, in the order of the fields."""
    for name, field in kind.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, BaseSettings):
            yield from variables(group)
        else:
            yield Variable(variable_name(kind, name, field), default_of(field), field.description or "")


def variable_name(kind: type[BaseSettings], name: str, field: FieldInfo) -> str:
    """A field with names of its own is known by the first of them."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return alias if isinstance(alias, str) else f"{kind.model_config['env_prefix']}{name}".upper()


def default_of(field: FieldInfo) -> str:
    """As one would write it in the environment; empty where there is none, or where other settings decide."""
    value = field.default
    if field.default_factory is not None or value is None or value == "":
        return ""
    if isinstance(value, float):
        return f"{value:g}"
    return value if isinstance(value, str) else json.dumps(value, default=list)


def code(text: str) -> str:
    return f"`{cell(text)}`" if text else ""


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
