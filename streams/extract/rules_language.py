"""What a language is to the rules: its words, its guards and its rules. Another is added by writing one more."""

import re
from collections.abc import Callable, Mapping
from typing import NamedTuple

from streams.extract.rules_time import Calendar, Direction


class Taken(NamedTuple):
    """A value found after a rule's pattern: as written (pronouns of the speaker replaced), and where it ends."""

    value: str
    end: int
    entity: str | None = None


class Words(NamedTuple):
    """Closed lists, all in lower case."""

    places: frozenset[str]
    """Names of places that are known without a capital, too."""
    no_names: frozenset[str]
    """Capitalised words that name no place, organisation or person."""
    occupations: frozenset[str]
    """Last words of occupations."""
    no_modifiers: frozenset[str]
    """Words before an occupation that judge or deny it ("terrible", "former")."""
    workplaces: frozenset[str]
    """Kinds of employers: "a bank"."""
    dependent: frozenset[str]
    """Words that mean nothing outside of their conversation: pronouns, "here"; also verbs that open another clause."""
    unfinished: frozenset[str]
    """Words a phrase does not end with."""
    openers: frozenset[str]
    """Words that a general like or dislike does not begin with."""
    own: Mapping[str, str]
    """The speaker's pronouns, as somebody else writes them: my = their."""
    articles: frozenset[str]
    conjunction: str
    stop: re.Pattern[str]
    """What ends a phrase."""
    fillers: re.Pattern[str]
    """What may stand at a phrase's end without meaning ("anyway")."""
    boundary: re.Pattern[str]
    """What may follow a value that is complete."""


Take = Callable[[str, Words], tuple[Taken, ...]]


class Rule(NamedTuple):
    """One way to say something.

    `says` is the statement: {S} names the subject, {P} is whose, {O} the object, {a} its article.
    Groups of the pattern may be used in `says`, `value` and `predicate`. Without `take` the group `o` is the object.
    """

    type: str
    predicate: str | None
    says: str
    pattern: re.Pattern[str]
    take: Take | None = None
    confidence: float = 0.9
    time: Direction | None = None
    """Whether the statement may say when, and which way a month without a year points."""
    needs_time: bool = False
    value: str | None = None
    """The object made of the pattern's groups, where it is neither taken nor group `o`."""


class Group(NamedTuple):
    """Rules that are tried only where one of these words occurs: most clauses hold none, and that is quick to see."""

    keys: frozenset[str]
    rules: tuple[Rule, ...]


class Opening(NamedTuple):
    """What a clause may begin with, and the words of which one must occur, too, for any group to be tried."""

    words: frozenset[str]
    keys: frozenset[str]


class Kin(NamedTuple):
    """How a relative is introduced: `pattern` has the groups kin and name; `says` is the relation, as in a rule."""

    pattern: re.Pattern[str]
    says: str
    whose: str
    """A relative without a name: "{P} {kin}"."""
    predicates: Mapping[str, str]
    """The word for a relative as a predicate, where it is not the word itself."""


class Language(NamedTuple):
    """All the rules know of a language. `first`: its rules by the first word of a clause; `third`: of relatives."""

    name: str
    words: Words
    calendar: Calendar
    lead: re.Pattern[str]
    clause: re.Pattern[str]
    """Where a further clause begins inside a sentence."""
    supposition: re.Pattern[str]
    """Before a clause: it is imagined, reported, doubted or past."""
    retraction: re.Pattern[str]
    """Inside a clause: it is taken back or depends on something."""
    greeting: re.Pattern[str]
    """A sentence or the words before a clause that greet."""
    correction: re.Pattern[str]
    """Before or in a clause: it replaces what was said."""
    kidding: re.Pattern[str]
    """The next sentence takes this one back."""
    borrowed: re.Pattern[str]
    """After this sentence the turn may hold somebody else's text (to be translated, played, rewritten)."""
    question_tail: re.Pattern[str]
    """A question hung onto a statement."""
    first: Mapping[str, tuple[Group, ...]]
    begins: frozenset[str]
    """The same words, as a set."""
    openings: tuple[Opening, ...]
    keyless: frozenset[str]
    """Words of which a clause with a relative or behind a greeting has one; every other statement has a group's key."""
    greeted: tuple[Rule, ...]
    """Rules that hold only behind a greeting ("Hi, I'm Ann")."""
    third: tuple[Rule, ...]
    kin: Kin
    somebody: str
    """A speaker without a name."""
    genitive: Callable[[str], str]
    article: Callable[[str], str]


def group(keys: str, *rules: Rule) -> Group:
    return Group(frozenset(keys.split()), rules)


Table = tuple[tuple[str, tuple[Group, ...]], ...]
"""Groups by the words a clause may begin with."""


def by_first_word(table: Table) -> dict[str, tuple[Group, ...]]:
    """Groups by every word in the first part of each pair."""
    found: dict[str, tuple[Group, ...]] = {}
    for words, groups in table:
        for word in words.split():
            found[word] = found.get(word, ()) + groups
    return found


def openings(table: Table) -> tuple[Opening, ...]:
    """The same for whole sentences."""
    return tuple(
        Opening(frozenset(words.split()), frozenset[str]().union(*(group.keys for group in groups)))
        for words, groups in table
    )
