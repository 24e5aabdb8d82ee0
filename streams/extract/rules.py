"""The extractor that needs no key: what users say of themselves, found by patterns.

A wrong fact is worse than a missing one: what is asked, imagined, reported, quoted or taken back gives none.
"""

import asyncio
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from schemas.extraction import Mention
from schemas.predicates import SINGLE_VALUED
from streams.extract import rules_time
from streams.extract.directives import is_injection
from streams.extract.extractor import FRESH, Identity, Means, Proof, Proposal, Reply
from streams.extract.request import Request, ShownTurn
from streams.extract.rules_english import ENGLISH
from streams.extract.rules_german import GERMAN
from streams.extract.rules_language import Language, Rule, Taken
from streams.extract.rules_text import Clause, Sentence, plain, sentences, unquoted

VERSION = "1"
MOST_INLINE = 4_000
"""Characters of users in a request that are read at once, in some two milliseconds as people write; more of them are
read in a thread, and nobody waits."""
REST_S = 0.005
"""So long windows are read one after another; then whoever else lives in this event loop has a turn."""
LANGUAGES = (ENGLISH, GERMAN)
_SOMEBODY = tuple(language.somebody for language in LANGUAGES)
_WORD = re.compile(r"[\w']+")
_AGO = re.compile(r"\bago$|\bvor\b", re.IGNORECASE)
_YEAR = re.compile(r"\b\d{4}\b")
_VERBS = {"did", "how", "verb", "kind", "fav", "be"}
"""Groups that go on in a sentence, however they were written."""
_FICTION = re.compile(
    r"\b(?:role-?\s?play\w*|fiction\w*|story|stories|novel|screenplay|rollenspiel|geschichte|roman|drehbuch)\b", re.I
)


class Rules:
    """Deterministic and in-process: the same request always has the same reply."""

    in_process = True
    _rested = 0.0

    def identity(self, model: str | None, prompt: str | None = None) -> Identity:
        """The model a submission names is for extractors that have one, as is the prompt."""
        return Identity("rules", VERSION, "rules", "", 1)

    async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
        if sum(len(turn.text) for turn in request.turns if turn.role == "user") > MOST_INLINE:
            found = await asyncio.to_thread(lambda: tuple(propose(request)))
        else:
            loop = asyncio.get_running_loop()
            if loop.time() - self._rested > REST_S:
                await asyncio.sleep(0)
                self._rested = loop.time()
            found = tuple(propose(request))
        return Reply(proposals=found, model="rules")

    def estimate(self, request: Request, prompt_text: str | None = None) -> int:
        return 0

    def proposals(self, reply: Reply, request: Request) -> tuple[Proposal, ...]:
        return reply.proposals


class Subject(NamedTuple):
    """Whom a statement is about: as a key, and as a sentence names them."""

    key: str
    name: str
    mention: Mention | None


class Place(NamedTuple):
    """Where a rule is being tried."""

    language: Language
    turn: ShownTurn
    number: int
    quote: str
    clause: Clause


def propose(request: Request) -> Iterator[Proposal]:
    """What users say of themselves and theirs, turn by turn. Nothing where the situation is a made-up one."""
    if request.context and _FICTION.search(request.context):
        return
    hints = tuple(Mention(name=text, type=type_ or "unknown") for text, type_ in dict(request.hints).items())
    named: dict[str, list[Mention]] = {}
    for number, turn in enumerate(request.turns):
        if turn.role == "user":
            for proposal in _statements(turn, number):
                content = proposal.content
                if content not in named:
                    named[content] = [hint for hint in hints if _occurs(hint.name, content)]
                yield _with_hints(proposal, named[content])


def _statements(turn: ShownTurn, number: int) -> Iterator[Proposal]:
    text = plain(turn.text)
    words = _words(text)
    languages = [language for language in LANGUAGES if _may_tell(language, text, words)]
    if not languages:
        return
    parts = list(sentences(text))
    found = [proposal for language in languages for proposal in _in_language(language, turn, number, parts)]
    if found and not is_injection(text):
        yield from found


def _words(text: str) -> set[str]:
    return set(_WORD.findall(text.casefold()))


def _may_tell(language: Language, text: str, words: set[str]) -> bool:
    """Whether a text of these words can hold a statement: 45 of 100 sentences with an "I", "you" or "in" cannot."""
    if words.isdisjoint(language.begins):
        return False
    if "_" in text or not words.isdisjoint(language.keyless):  # an underscore hides where a word begins
        return True
    for opening in language.openings:  # no any(): this is asked of every sentence
        if not words.isdisjoint(opening.words) and not words.isdisjoint(opening.keys):
            return True
    return False


def _in_language(language: Language, turn: ShownTurn, number: int, parts: list[Sentence]) -> Iterator[Proposal]:
    known: dict[tuple[str, str, str, bool], list[Proposal]] = {}
    unborrowed = 0
    for index, sentence in enumerate(parts):
        statement = _statement(language, sentence)
        if not statement:
            continue
        greeted = index > 0 and language.greeting.fullmatch(parts[index - 1].text) is not None
        written = turn.text[sentence.start : sentence.start + len(sentence.text)]
        same = (written, sentence.text, statement, greeted)
        if same not in known:  # a turn may say one thing hundreds of times
            known[same] = list(_found(language, statement, turn, number, sentence.start, greeted))
        if not (found := known[same]):
            continue
        if any(language.borrowed.search(before.text) for before in parts[unborrowed:index]):
            return  # the turn by now may hold somebody else's text
        unborrowed = index
        if not (index + 1 < len(parts) and language.kidding.match(parts[index + 1].text)):
            yield from found


def _statement(language: Language, sentence: Sentence) -> str:
    """What of a sentence is stated: nothing of a question but for what stands before its tail."""
    if not _may_tell(language, sentence.text, _words(sentence.text)):
        return ""
    text = unquoted(sentence.text)
    if "?" in sentence.mark or "?" in text:
        tail = language.question_tail.search(text)
        return text[: tail.start()] if tail else ""
    return text


def _found(
    language: Language, statement: str, turn: ShownTurn, number: int, start: int, greeted: bool
) -> Iterator[Proposal]:
    """What a statement tells, clause by clause, unless it is imagined, reported or taken back."""
    guards: tuple[re.Match[str] | None, re.Match[str] | None] | None = None
    for clause in _clauses(language, statement, start):
        found = _found_in(language, turn, number, clause, greeted)
        if not found:
            continue
        if guards is None:  # looked for once, and only then: few sentences tell anything, and this costs most
            guards = language.supposition.search(statement), language.correction.search(statement)
        supposed, corrected = guards
        if supposed is not None and start + supposed.end() <= clause.start - len(clause.lead):
            continue
        if corrected is not None and start + corrected.end() <= clause.start + clause.size:
            found = [_corrected(proposal) for proposal in found]
        yield from found


def _clauses(language: Language, statement: str, start: int) -> Iterator[Clause]:
    """Where rules may be tried."""
    begins: list[tuple[int, int, int]] = []
    for at, until in [(0, 0), *(match.span() for match in language.clause.finditer(statement))]:
        lead = language.lead.match(statement, until)
        body = lead.end() if lead else _skip_space(statement, until)
        word = _WORD.match(statement, body)
        if word and word[0].casefold() in language.first and (not begins or body > begins[-1][2]):
            begins.append((at, until, body))
    ends = [*(at for at, _, _ in begins[1:]), len(statement)]
    for (_, until, body), end in zip(begins, ends, strict=False):
        if end > body:
            yield Clause(statement[until:body], statement[body:], start + body, end - body)


def _skip_space(text: str, at: int) -> int:
    while at < len(text) and not (text[at].isalnum() or text[at] == "'"):
        at += 1
    return at


def _found_in(language: Language, turn: ShownTurn, number: int, clause: Clause, greeted: bool) -> list[Proposal]:
    """What the rules find at a clause, unless it is taken back in it."""
    own = clause.body[: clause.size]
    rules = _rules_for(language, own)
    if greeted or language.greeting.match(clause.lead):
        rules += language.greeted
    relative = language.kin.pattern.match(clause.body)
    matches = [(rule, match) for rule in rules if (match := rule.pattern.match(clause.body))]
    if not matches and relative is None:
        return []
    quote = turn.text[clause.start - len(clause.lead) : clause.start + clause.size].strip(" \t\n,;:-–—")
    place = Place(language, turn, number, quote, clause)
    speaker = _speaker(turn, language)
    found = [proposal for rule, match in matches for proposal in _apply(rule, match, speaker, place)]
    if relative is not None:
        found += _relative(relative, place, speaker)
    return [] if found and language.retraction.search(own) else found


def _rules_for(language: Language, clause: str) -> list[Rule]:
    """The rules whose words occur in a clause."""
    first, words = _WORD.match(clause), _words(clause)
    groups = language.first.get(first[0].casefold(), ()) if first else ()
    return [rule for group in groups if not words.isdisjoint(group.keys) for rule in group.rules]


def _corrected(proposal: Proposal) -> Proposal:
    """Only what can have one value at a time can be corrected by another."""
    in_slot = proposal.predicate in SINGLE_VALUED
    return proposal.model_copy(update={"provenance": "corrected"}) if in_slot else proposal


def _relative(match: re.Match[str], place: Place, speaker: Subject) -> Iterator[Proposal]:
    """A relative who is introduced, and what is said of them."""
    language = place.language
    kin, name = " ".join(match["kin"].split()), match["name"]
    whose = {"P": language.genitive(speaker.name), "kin": kin, "O": name}
    if name is not None and name.split()[0].casefold() not in language.words.no_names:
        yield _proposal(
            place,
            speaker,
            type_="relationship",
            predicate=_predicate(language, kin),
            confidence=0.9,
            content=_sentence(language.kin.says.format_map(whose)),
            value=name,
            mentions=(Mention(name=name, type="person"),),
        )
        subject = Subject(name, name, Mention(name=name, type="person"))
    elif name is None:
        key = language.kin.whose.format_map(whose | {"P": language.genitive(speaker.key)})
        subject = Subject(key, language.kin.whose.format_map(whose), None)
    else:
        return
    said = place.clause.body[match.end() :]
    for rule in language.third:
        if told := rule.pattern.match(said):
            yield from _apply(rule, told, subject, place)


def _speaker(turn: ShownTurn, language: Language) -> Subject:
    if turn.name is None:
        return Subject(turn.role, language.somebody, None)
    return Subject(turn.name, turn.name, Mention(name=turn.name, type="person"))


def _apply(rule: Rule, match: re.Match[str], subject: Subject, place: Place) -> Iterator[Proposal]:
    """What a rule finds where its pattern matched, at the start of a text."""
    words = place.language.words
    rest = match.string[match.end() :]
    groups = {name: " ".join(part.split()) for name, part in match.groupdict().items() if part is not None}
    groups |= {name: groups[name].casefold() for name in _VERBS & groups.keys()}
    if rule.take is not None:
        found = rule.take(rest, words)
    elif words.boundary.match(rest):
        found = (Taken(rule.value.format_map(groups) if rule.value else groups["o"], 0),)
    else:
        found = ()
    for taken in found:
        if proposal := _stated(rule, taken, groups, rest, subject, place):
            yield proposal


def _stated(
    rule: Rule, taken: Taken, groups: dict[str, str], rest: str, subject: Subject, place: Place
) -> Proposal | None:
    """The statement of a rule with one value, dated if it says when."""
    language, value = place.language, taken.value
    when = None
    if rule.time is not None:
        value, when = _dated(language, value, rest[taken.end :], place.turn.said_at, rule)
    if not value or (rule.needs_time and when is None) or value.casefold() == subject.key.casefold():
        return None
    names = groups | {
        "S": subject.name, "P": language.genitive(subject.name), "O": value, "a": language.article(value)
    }  # fmt: skip
    predicate = rule.predicate and _predicate(language, rule.predicate.format_map(groups))
    return _proposal(
        place,
        subject,
        type_=rule.type,
        predicate=predicate,
        confidence=rule.confidence,
        content=_sentence(rule.says.format_map(names)),
        value=value,
        mentions=(Mention(name=value, type=taken.entity),) if taken.entity else (),
        when=when,
    )


def _sentence(text: str) -> str:
    text = " ".join(text.split())
    return text[:1].upper() + text[1:] if text.startswith(_SOMEBODY) else text


def _predicate(language: Language, words: str) -> str:
    words = words.casefold()
    return language.kin.predicates.get(words, words).replace(" ", "_").replace("-", "_")


def _dated(language: Language, value: str, after: str, said_at: int, rule: Rule) -> tuple[str, rules_time.When | None]:
    """The value with a time that stays true later ("yesterday" as a date), and when that was."""
    when = rules_time.find(language.calendar, value, said_at, rule.time or -1)
    if when is None:
        stop = language.words.stop.search(after)
        return value, rules_time.find(
            language.calendar, after[: stop.start()] if stop else after, said_at, rule.time or -1
        )
    if _YEAR.search(value, when.at, when.until):
        return value, when
    if any(letter.isdigit() for letter in value[when.at : when.until]) and not _AGO.search(value[: when.until]):
        return f"{value} ({when.label})", when
    without = " ".join((value[: when.at].rstrip(" ,") + " " + value[when.until :].lstrip(" ,")).split())
    last = without.rsplit(" ", 1)[-1].casefold()
    if not without or last in language.words.unfinished:
        return "", when
    return f"{without} ({when.label})", when


def _proposal(
    place: Place,
    subject: Subject,
    *,
    type_: str,
    predicate: str | None,
    confidence: float,
    content: str,
    value: str,
    mentions: tuple[Mention, ...] = (),
    when: rules_time.When | None = None,
) -> Proposal:
    return Proposal(
        type=type_,
        content=content,
        subject=subject.key if predicate else None,
        predicate=predicate,
        object=value if predicate else None,
        about=subject.key,
        confidence=confidence,
        confidence_basis=f"rules/{place.language.name}/{predicate or type_}",
        evidence=(Proof(turn=place.number, quote=place.quote),),
        entities=(*((subject.mention,) if subject.mention else ()), *mentions),
        occurred_start=when.start if when else None,
        occurred_end=when.end if when else None,
    )


def _with_hints(proposal: Proposal, hints: list[Mention]) -> Proposal:
    """Names the publisher announced are mentions where they occur."""
    known = {mention.name for mention in proposal.entities}
    more = [hint for hint in hints if hint.name not in known]
    return proposal.model_copy(update={"entities": (*proposal.entities, *more)}) if more else proposal


def _occurs(name: str, content: str) -> bool:
    """Whether a text holds a name as words of their own."""
    return name in content and _as_words(name).search(content) is not None


@lru_cache(maxsize=1024)
def _as_words(name: str) -> re.Pattern[str]:
    """Kept, for the windows of a submission share their names."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
