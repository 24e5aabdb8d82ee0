"""What stands after a rule's pattern: a place, an employer, an occupation, things, a phrase. Nothing doubtful is taken.

Every function looks at the rest of a sentence and returns what it is sure of, with the place where it ends in the rest.
"""

import re
from collections.abc import Iterator

from streams.extract.rules_language import Taken, Words

_UPPER = r"A-ZÀ-ÖØ-ÞŁŚŠŽČĆĐİ"
_CAPITALISED = rf"[{_UPPER}][\w'.&-]*\w"
_PLACE = re.compile(
    rf"\s+(?P<the>the\s+)?(?P<value>{_CAPITALISED}"
    rf"(?:[ -](?:(?:de|da|do|del|della|di|la|le|las|los|am|an\s+der|upon|of|the|on|im"
    rf"|bei)[ -])?{_CAPITALISED}){{0,3}})"
)
_ORGANISATION = re.compile(
    rf"\s+(?:the\s+|der\s+|dem\s+)?(?P<value>{_CAPITALISED}(?:\s+(?:(?:of|and|&|for|the|de|und"
    rf"|für)\s+)?[{_UPPER}\d][\w'.&-]*){{0,4}})"
)
_PERSON = re.compile(
    rf"\s+(?P<value>[{_UPPER}][\w'-]*\w(?:\s(?:(?:van|von|de|der|den|da|di|el|al"
    rf"|bin)\s){{0,2}}[{_UPPER}][\w'-]*\w){{0,3}})(?!\w)"
)
_PART_OF_PLACE = re.compile(r"\s+([\w'.-]*\w)")
_SMALL_WORDS = re.compile(r"\s+([^\W\d_][\w'-]*)")
_TOKEN = re.compile(r"[\w'’.@&+#/%-]*\w|[^\w\s]")
_EMAIL = re.compile(r"\s+<?([\w.+-]+@[\w-]+(?:\.[\w-]+)+)")
_PHONE = re.compile(r"\s+(\+?\d[\d\s()/-]{5,18}\d)")
_NOT_ORGANISATIONS = re.compile(r"\b(?:Inc|Ltd|GmbH|Corp|LLC|AG|Team|Support|Department|Abteilung)\b")
_END_OF_REQUEST = re.compile(r"[.!?;\n]|\s[-–—]\s|,?\s+(?:but|because|so|aber|weil)\s")
_OUTSIDE = frozenset(
    {"this", "that", "these", "those", "him", "her", "them", "here", "it", "you", "dies", "das", "es", "du"}
)
_HANGING = ('"', ":")
"""Behind these the value goes on: a title in quotes, "Mission: Impossible"."""
MAX_PHRASE_WORDS = 22
MAX_THING_WORDS = 8


def place(rest: str, words: Words) -> tuple[Taken, ...]:
    """A place: a name with a capital, or a known one in any case. Of "Oslo, Norway" only Oslo."""
    if known := _known_place(rest, words):
        return (known,)
    match = _PLACE.match(rest)
    if match is None or match["the"] or _NOT_ORGANISATIONS.search(match["value"]):
        return ()
    value = match["value"]
    if value.split()[0].casefold() in words.no_names or not _ends_well(rest[match.end() :], words):
        return ()
    return (Taken(value, match.end(), "place"),)


def known_place(rest: str, words: Words) -> tuple[Taken, ...]:
    """A place from the list of the language only."""
    known = _known_place(rest, words)
    return (known,) if known else ()


def _known_place(rest: str, words: Words) -> Taken | None:
    """The longest name of the list, as it is written; "the" belongs to it."""
    ends = [end for _, end in _next(_PART_OF_PLACE, rest, 5)]
    for end in reversed(ends):
        value = " ".join(rest[:end].split())
        if value.casefold().removeprefix("the ") in words.places and _ends_well(rest[end:], words):
            return Taken(value, end, "place")
    return None


def organisation(rest: str, words: Words) -> tuple[Taken, ...]:
    """An employer: a name with capitals, or a kind of one ("a bank")."""
    match = _ORGANISATION.match(rest)
    if match is not None and match["value"].split()[0].casefold() not in words.no_names:
        return (Taken(match["value"].rstrip("."), match.end(), "organization"),)
    tokens = list(_small_words(rest, 5))
    for count in range(len(tokens), 1, -1):
        *before, last = (token.casefold() for token, _ in tokens[:count])
        if (
            last in words.workplaces
            and before[0] in words.articles - words.own.keys()
            and not words.dependent.intersection(before[1:])
        ):
            end = tokens[count - 1][1]
            if _ends_well(rest[end:], words):
                return (Taken(" ".join(rest[:end].split()), end),)
    return ()


def occupation(rest: str, words: Words) -> tuple[Taken, ...]:
    """An occupation that ends in a known word: "a senior data engineer". Not "a terrible cook"."""
    tokens = list(_small_words(rest, 6))
    if tokens and tokens[0][0].casefold() in words.articles:
        skipped, tokens = 1, tokens[1:]
    else:
        skipped = 0
    for count in range(min(len(tokens), 5 - skipped), 0, -1):
        chosen = [token.casefold() for token, _ in tokens[:count]]
        end = tokens[count - 1][1]
        if _is_occupation(chosen, words) and _ends_well(rest[end:], words):
            return (Taken(" ".join(token for token, _ in tokens[:count]), end),)
    return ()


def _is_occupation(chosen: list[str], words: Words) -> bool:
    *modifiers, head = chosen
    if head not in words.occupations:
        return False
    bad = words.no_modifiers | words.dependent | words.unfinished
    return not bad.intersection(modifiers)


def title(rest: str, words: Words) -> tuple[Taken, ...]:
    """An occupation named as one ("work as a ..."): up to four words, known or not."""
    found = _phrase(rest, words, limit=5)
    if found is None:
        return ()
    value = found.value
    first, _, others = value.partition(" ")
    if first.casefold() in words.articles:
        value = others
    named = re.split(rf"\s(?:at|for|in|with|on|from|bei|in|für|im|{words.conjunction})\s", value)[0]
    if not named or words.no_modifiers.intersection(named.casefold().split()) or named.casefold() in words.unfinished:
        return ()
    return (Taken(named, rest.index(named) + len(named) if named in rest else found.end),)


def person(rest: str, words: Words) -> tuple[Taken, ...]:
    """A name with a capital, at the end of its clause."""
    match = _PERSON.match(rest)
    if match is None or match["value"].split()[0].casefold() in words.no_names:
        return ()
    return (Taken(match["value"], match.end(), "person"),) if _ends_well(rest[match.end() :], words) else ()


def person_in_any_case(rest: str, words: Words) -> tuple[Taken, ...]:
    """A name after "my name is", where nothing else can stand."""
    if found := person(rest, words):
        return found
    match = _SMALL_WORDS.match(rest)
    if match is None or not match[1].islower() or match[1] in words.dependent | words.unfinished | words.no_names:
        return ()
    after = rest[match.end() :].strip()
    return () if after and not re.match(r"[.,!;)]|and\b|und\b", after) else (Taken(match[1], match.end(), "person"),)


def email(rest: str, words: Words) -> tuple[Taken, ...]:
    """An e-mail address."""
    match = _EMAIL.match(rest)
    return (Taken(match[1], match.end(1)),) if match else ()


def phone(rest: str, words: Words) -> tuple[Taken, ...]:
    """A telephone number of seven digits or more."""
    match = _PHONE.match(rest)
    if match is None or not 7 <= sum(map(str.isdigit, match[1])) <= 15:
        return ()
    return (Taken(match[1], match.end(1)),)


def things(rest: str, words: Words) -> tuple[Taken, ...]:
    """What somebody likes in general: one thing or a list. Not "the way you said it"."""
    items = list(_items(rest, words))
    if rest[_stop(rest, words) :][:1] in _HANGING:
        items.pop()
    if len(items) > 1 and any(words.articles.intersection(value.casefold().split()) for value, _ in items):
        return ()  # "a safe, inviting place" is one thing, not two
    if len(items) > 1 and words.unfinished.intersection(items[0][0].casefold().split()):
        return thing(rest, words)  # "hiking near lakes, rivers" does not say that rivers are liked
    taken = []
    for value, end in items:
        named = _thing(value, words)
        if named is None:
            break
        taken.append(Taken(named, end))
    return tuple(taken)


def named_things(rest: str, words: Words) -> tuple[Taken, ...]:
    """The same with a name's capital: what somebody liked once is general only if it is one of a kind ("Inception")."""
    return tuple(
        taken for taken in things(rest, words)[:1] if _is_name(taken.value) and taken.value not in words.no_names
    )


def thing(rest: str, words: Words) -> tuple[Taken, ...]:
    """One thing up to the end of the phrase, "and" included."""
    found = _phrase(rest, words, limit=12)
    if found is None or found.value.split()[0].casefold() in words.openers:
        return ()
    return (found,)


def answer(rest: str, words: Words) -> tuple[Taken, ...]:
    """What a favourite is: short, and no state it is in ("closed", "still there")."""
    found = _phrase(rest, words, limit=6)
    if found is None:
        return ()
    first = found.value.split()[0].casefold()
    if first in words.openers - words.articles or (
        re.search(r"(?:ed|en|ing)$", first) and found.value.islower() and " " in found.value
    ):
        return ()
    return (found,)


def phrase(rest: str, words: Words) -> tuple[Taken, ...]:
    """Everything up to the end of the clause, if it stands alone."""
    found = _phrase(rest, words, limit=MAX_PHRASE_WORDS)
    return (found,) if found else ()


def preferred(rest: str, words: Words) -> tuple[Taken, ...]:
    """What is preferred: a phrase that names it for itself, not "the first one"."""
    found = _phrase(rest, words, limit=MAX_PHRASE_WORDS)
    return (found,) if found and not found.value.casefold().startswith(("the ", "der ", "die ", "das ", "den ")) else ()


def request(rest: str, words: Words) -> tuple[Taken, ...]:
    """What the assistant is asked to do, with its condition ("when I ask about dates")."""
    end = _END_OF_REQUEST.search(rest)
    own = {**words.own} | {"i": "they", "i'm": "they are", "your": "its", "ich": "er"}
    tokens = rest[: end.start() if end else len(rest)].split()
    if not 0 < len(tokens) <= MAX_PHRASE_WORDS or _OUTSIDE.intersection(token.casefold() for token in tokens):
        return ()
    value = " ".join(own.get(token.casefold(), token) for token in tokens).rstrip(" ,.!")
    return (Taken(value, end.start() if end else len(rest)),) if value else ()


def single(rest: str, words: Words) -> tuple[Taken, ...]:
    """One thing with its article, up to an "and"."""
    cut = re.search(rf"\s{words.conjunction}\s", rest)
    found = _phrase(rest[: cut.start()] if cut else rest, words, limit=6)
    return (found,) if found else ()


def listed(rest: str, words: Words) -> tuple[Taken, ...]:
    """A list whose parts stand alone ("peanuts, shellfish and cats"): "and" separates here."""
    taken = []
    for value, end in _items(rest, words, always_split=True):
        named = _thing(value, words)
        if named is None:
            break
        taken.append(Taken(named, end))
    return tuple(taken)


def _items(rest: str, words: Words, *, always_split: bool = False) -> Iterator[tuple[str, int]]:
    """The parts of a list with the place where each ends."""
    segment = rest[: _stop(rest, words)]
    commas = segment.count(",")
    conjunction = rf"\s*,?\s+(?:{words.conjunction}|&|or|oder)\s+"
    both_doing = re.fullmatch(rf"\s*\w+ing(?:{conjunction})\w+ing\s*", segment)
    separator = re.compile(rf"{conjunction}|\s*,\s*" if commas or always_split or both_doing else r"\s*,\s*")
    at = 0
    for match in separator.finditer(segment):
        yield segment[at : match.start()], match.start()
        at = match.end()
    yield segment[at:], len(segment.rstrip())


def _thing(value: str, words: Words) -> str | None:
    value = _trimmed(value, words)
    tokens = [token.casefold() for token in _TOKEN.findall(value)]
    if not tokens or len(tokens) > MAX_THING_WORDS or tokens[-1] in words.unfinished:
        return None
    if tokens[0] in words.openers or words.dependent.intersection(tokens) or words.own.keys() & set(tokens):
        return None
    return value if any(letter.isalpha() for letter in value) else None


def _phrase(rest: str, words: Words, *, limit: int) -> Taken | None:
    """Up to the end of the clause, with the speaker's pronouns replaced; None if other pronouns are in it."""
    end = _stop(rest, words)
    if rest[end : end + 1] in _HANGING:
        return None
    value = _trimmed(rest[:end], words)
    tokens = value.split()
    bare = [token.casefold().strip(".,;:!?()\"'") for token in tokens]
    if not 0 < len(tokens) <= limit or bare[-1] in words.unfinished or words.dependent.intersection(bare):
        return None
    if not any(letter.isalpha() for letter in value) or (not value[0].isalnum() and value[0] not in "\"'"):
        return None
    replaced = [words.own.get(plain, token) for plain, token in zip(bare, tokens, strict=True)]
    end = len(rest[:end].rstrip())
    return Taken(" ".join(replaced), end)


def _stop(rest: str, words: Words) -> int:
    match = words.stop.search(rest)
    return match.start() if match else len(rest)


def _trimmed(value: str, words: Words) -> str:
    value = value.strip(' ,.;:!-–—"')
    while (shorter := words.fillers.sub("", value).rstrip(" ,.;:!-–—")) != value:
        value = shorter
    return value


def _small_words(rest: str, most: int) -> Iterator[tuple[str, int]]:
    """The next words, with the place where each ends, up to a mark."""
    return _next(_SMALL_WORDS, rest, most)


def _next(word: re.Pattern[str], rest: str, most: int) -> Iterator[tuple[str, int]]:
    at = 0
    for _ in range(most):
        match = word.match(rest, at)
        if match is None:
            return
        yield match[1], match.end()
        at = match.end()


def _ends_well(after: str, words: Words) -> bool:
    return words.boundary.match(after) is not None


def _is_name(value: str) -> bool:
    return all(word[0].isupper() or word[0].isdigit() for word in value.split() if len(word) > 3 or word == value)
