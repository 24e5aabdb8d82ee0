"""Whom a generation asks, by the settings of its window stage. Light: no library of a model is loaded here."""

from schemas.extraction import Asked
from streams.errors import ConfigurationError
from streams.extract.prompt import prompt_hash, read_prompt
from streams.settings import Settings


def asked_of(settings: Settings) -> Asked:
    """What every window of this generation says. Raises ConfigurationError for an unknown extractor or a bad prompt."""
    if settings.extractor == "rules":
        return Asked()
    if settings.extractor != "openai":
        raise ConfigurationError(f"TURNLOG_EXTRACTOR={settings.extractor!r}: has to be rules or openai")
    text = read_prompt(settings.prompt)
    return Asked(extractor="openai", model=settings.model, prompt=prompt_hash(text), prompt_text=text)
