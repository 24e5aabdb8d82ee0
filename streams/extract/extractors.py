"""Extractors by name, each built once per process and only when a window asks for it."""

import logging
from collections.abc import Callable

from streams.errors import ConfigurationError, Unavailable
from streams.extract.extractor import Extractor
from streams.extract.rules import Rules
from streams.settings import Settings

log = logging.getLogger(__name__)
NAMES = ("rules", "openai")

ByName = Callable[[str], Extractor]
"""Raises Unavailable for one that this worker does not have: another may, or this one later."""


def extractors(settings: Settings) -> ByName:
    """All that this process can be asked for."""
    built: dict[str, Extractor] = {}
    missed: set[str] = set()

    def by_name(name: str) -> Extractor:
        if name not in built:
            try:
                built[name] = build(name, settings)
            except ConfigurationError as error:
                if name not in missed:
                    log.error("action=extractor_missing extractor=%s error=%s", name[:64], error)
                    missed.add(name)
                raise Unavailable(str(error)) from error
        return built[name]

    return by_name


def build(name: str, settings: Settings) -> Extractor:
    """Raises ConfigurationError for an unknown one, or one without what it needs."""
    match name:
        case "rules":
            return Rules()
        case "openai":
            from streams.extract.openai.extractor import build_openai  # its client takes long to load

            return build_openai(settings)
    raise ConfigurationError(f"extractor {name[:64]!r} is not known to this worker: it knows {', '.join(NAMES)}")
