"""What else somebody is called in a scope: after "my sister Ann", "Mia's sister" is Ann. Only what was said counts.

A second sister makes the words say nothing: then they are nobody's name any more, for good.
"""

from typing import NamedTuple

from schemas.extraction import Candidate
from streams.resolve.entities import fold

RELATIVES = frozenset(
    (
        "aunt", "boyfriend", "boss", "brother", "cat", "cousin", "dad", "daughter", "dog", "father", "fiance",
        "fiancee", "girlfriend", "grandfather", "grandma", "grandmother", "grandpa", "husband", "manager", "mom",
        "mother", "mum", "nephew", "niece", "partner", "sister", "son", "spouse", "uncle", "wife"
    )
)  # fmt: skip
"""Words for somebody of whom people have one, or few."""
NOBODY = b"-"
"""What stands for an alias that two have."""


class Alias(NamedTuple):
    """`said` is another name for the entity that is called `name`."""

    said: str
    name: str
    type: str


def alias_in(candidate: Candidate) -> Alias | None:
    """The alias that a statement such as (Mia, sister, Ann) gives, if it does."""
    if candidate.subject is None or candidate.predicate is None or candidate.object is None:
        return None
    relative = candidate.predicate.removeprefix("has_")
    if relative not in RELATIVES:
        return None
    named = [mention for mention in candidate.entities if fold(mention.name) == fold(candidate.object)]
    return Alias(f"{candidate.subject}'s {relative}", named[0].name, named[0].type) if named else None
