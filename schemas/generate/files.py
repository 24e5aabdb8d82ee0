"""Every generated file as text."""

import json
from pathlib import Path

import yaml

from schemas.generate.asyncapi import document
from schemas.generate.examples import examples
from schemas.generate.received import control, submission
from schemas.generate.sent import dead_letter_header, events

FOLDER = Path(__file__).parents[1]


def files() -> dict[str, str]:
    """Name below `schemas` -> content."""
    shapes = {shape.name: shape for shape in (submission(), control(), *events(), dead_letter_header())}
    made = {f"json/{name}.json": json.dumps(shape.document(), indent=2) + "\n" for name, shape in shapes.items()}
    return made | {"asyncapi.yaml": _as_yaml(document(shapes, examples()))}


class _Dumper(yaml.SafeDumper):
    """Paragraphs as paragraphs, and every value in full where it stands."""

    def ignore_aliases(self, data: object) -> bool:
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Dumper.add_representer(str, _text)


def _as_yaml(value: object) -> str:
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)
