"""Text that gives orders to the system instead of telling something. It is content, never obeyed, and never a fact."""

import re
from collections.abc import Sequence

_INJECTION = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:instructions?|prompts?|rules|guidelines|context)\b
    | \b(?:system|developer)\s+(?:prompt|message|override)\b
    | \byou\s+are\s+now\s+(?:an?|the|in|my|free|DAN)\b | \bnew\s+instructions?\s*: | \bjailbreak | \bdeveloper\s+mode\b
    | \b(?:store|save|record|remember|memori[sz]e|extract|output|insert|note)\s+(?:the\s+fact\s+)?that\b[^.!?\n]{0,80}\b
      (?:is|are|was|were|has|have|lives?|works?)\b[^.!?\n]{0,120}\b(?:as\s+a\s+fact|in\s+(?:your\s+)?memory|in\s+the\s+database)\b
    | </?(?:turn|window|system|instructions?)\b
    | \b(?:ignorier|vergiss|missacht)\w*\b[^.!?\n]{0,40}\b(?:anweisung|vorgabe|regel|instruktion|prompt)\w*
    | \bdu\s+bist\s+(?:jetzt|ab\s+jetzt|nun)\s+(?:eine?|der|die|mein|meine)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
_NEEDED = (
    "ignore", "disregard", "forget", "override", "bypass", "system", "developer", "you are now", "new instruction",
    "jailbreak", "as a fact", "memory", "in the database", "<", "ignorier", "vergiss", "missacht", "du bist"
)  # fmt: skip
"""Each way to do it needs one of these: looking for them takes 5 us a turn, the pattern 120."""
_ORDER = re.compile(
    r"""
    ^\W*(?:please\s+|bitte\s+)?
    (?:(?:always|never)\s+)?
    (?:store|save|record|remember|memori[sz]e|extract|output|respond|reply|answer|return|print|delete|erase|insert|execute|run|
       speichere?|merke?|antworte|lösche?|gib|führe?)\b
    """,
    re.IGNORECASE | re.VERBOSE,
)


def is_injection(text: str) -> bool:
    """Tries to change what the system does."""
    return hold_injection((text,))


def hold_injection(texts: Sequence[str]) -> bool:
    """Whether one of the texts tries to."""
    # as the pattern sees it: any white space is one, and any i is one
    folded = " ".join("\n".join(texts).casefold().replace("i\u0307", "i").replace("\u0131", "i").split())
    return any(needed in folded for needed in _NEEDED) and any(_INJECTION.search(text) for text in texts)


def is_order(text: str) -> bool:
    """Opens like an order to the system; fine for an instruction the user gives the assistant."""
    return _ORDER.match(text) is not None
