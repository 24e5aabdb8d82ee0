"""How rules are written down: with names for what many patterns share, and a space for any white space."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from streams.extract.rules_language import Rule, Take
from streams.extract.rules_time import Direction


class Shorthand(NamedTuple):
    """A language's names for parts of patterns: {KIN} in a pattern stands for its value here."""

    names: Mapping[str, str]

    def pattern(self, text: str) -> re.Pattern[str]:
        for name, part in self.names.items():
            text = text.replace("{" + name + "}", part)
        return re.compile(text.replace(" ", r"\s+"), re.IGNORECASE)

    def rule(
        self,
        type_: str,
        predicate: str | None,
        says: str,
        text: str,
        take: Take | None = None,
        *,
        confidence: float = 0.9,
        time: Direction | None = None,
        needs_time: bool = False,
        value: str | None = None,
    ) -> Rule:
        """A rule in the order it is read: what it is, what it says, how it is said, what is taken from the rest."""
        return Rule(type_, predicate, says, self.pattern(text), take, confidence, time, needs_time, value)
