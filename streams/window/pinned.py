"""What a generation was begun with, in its window table: with other settings it would go on differently, and unseen."""

import logging
from typing import Any

import orjson

from schemas.extraction import Asked
from streams import codec
from streams.errors import ConfigurationError
from streams.ports import State
from streams.settings import WindowLimits

log = logging.getLogger(__name__)

PINNED = b"s"
"""The key of the table that holds it: JSON, by the names of the settings."""
FIRST = 1


def pin_of(limits: WindowLimits, asked: Asked) -> bytes:
    """The settings that decide what is asked, of whom. A prompt stands as the hash of its text."""
    of_windows = {f"TURNLOG_WINDOW_{name.upper()}": value for name, value in limits.model_dump().items()}
    of_asked = {"TURNLOG_EXTRACTOR": asked.extractor, "TURNLOG_MODEL": asked.model, "TURNLOG_PROMPT": asked.prompt}
    return codec.dumps(of_windows | of_asked, option=orjson.OPT_SORT_KEYS)


def differences(pinned: bytes, wanted: bytes) -> list[str]:
    """What is not as it was, by setting. One that was not known when it was pinned is no difference."""
    was: dict[str, Any] = orjson.loads(pinned)
    now: dict[str, Any] = orjson.loads(wanted)
    return [f"{name} was {was[name]}, is {now[name]}" for name in now if name in was and was[name] != now[name]]


def check(state: State, wanted: bytes, *, generation: int) -> None:
    """Raises ConfigurationError where a derived generation was begun with other settings.

    The first generation goes on with the new ones, and says so: nobody derived it, it is what there was, and each of
    its facts tells which model and prompt it came from.
    """
    pinned = state.get(PINNED)
    differing = differences(pinned, wanted) if pinned is not None else []
    if not differing:
        return
    if generation != FIRST:
        raise ConfigurationError(
            f"generation {generation} was begun with other settings: {'; '.join(differing)}. Set them back, or derive "
            "another generation with the new ones (TURNLOG_GENERATION with a number that was never used)"
        )
    log.warning(
        "action=settings_changed generation=%d settings=%r effect=%r",
        generation,
        "; ".join(differing),
        "windows from here on are made with the new ones; those before stay as they are",
    )
