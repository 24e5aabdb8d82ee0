"""What a closed window says about who is to extract it: its generation's choice."""

from schemas.extraction import Asked
from streams.ports import State
from streams.window.units import Fields


class Asking:
    """Where closed windows go, and whom they name. `changes` remembers what was told.

    A prompt is named with every window; its text goes with the first of a partition and topic that is to be extracted,
    in the transaction that says it was told.
    """

    def __init__(self, asked: Asked, topic: str, state: State) -> None:
        self.topic = topic
        self.changes: dict[bytes, bytes] = {}
        self._named: Fields = asked.model_dump(exclude_defaults=True, exclude={"prompt_text"})
        self._text = asked.prompt_text
        self._key = prompt_key(topic, asked.prompt or "")
        if self._key in state:
            self._text = None

    def fields(self, options: Fields) -> Fields:
        """`schemas.extraction.Asked` without defaults, for a window with these options: verbatim ones ask nobody."""
        if not options.get("infer", True):
            return {}
        if self._text is None:
            return self._named
        told = {**self._named, "prompt_text": self._text}
        self._text, self.changes = None, {self._key: b"1"}
        return told


def prompt_key(topic: str, prompt: str) -> bytes:
    """The table's key that tells a topic was given the text of this prompt. There are few, and they stay."""
    return f"p{topic}/{prompt}".encode()
