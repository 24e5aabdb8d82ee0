"""The prompt of a model: shipped with turnlog or a file of yours, and named by the hash of its text."""

from functools import cache
from hashlib import blake2b
from pathlib import Path

from streams.errors import ConfigurationError

SHIPPED = Path(__file__).with_name("prompts") / "facts.md"
MAX_CHARACTERS = 100_000


@cache
def shipped_prompt() -> str:
    return SHIPPED.read_text(encoding="utf-8")


def read_prompt(path: Path | None) -> str:
    """The text of this file, or the shipped prompt. Raises ConfigurationError for what can be no prompt."""
    if path is None:
        return shipped_prompt()
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"TURNLOG_PROMPT={path}: {type(error).__name__}: cannot be read as UTF-8") from None
    if not text.strip() or len(text) > MAX_CHARACTERS:
        raise ConfigurationError(f"TURNLOG_PROMPT={path}: has to hold 1 to {MAX_CHARACTERS} characters")
    return text


def prompt_hash(text: str) -> str:
    """What a prompt is called in keys and rows: the same text has the same name everywhere."""
    return blake2b(text.encode(), digest_size=8).hexdigest()
