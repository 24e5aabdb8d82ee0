"""Secrets out of every text before it is stored or sent: `[REDACTED:kind]` stands in their place.

One look of an RE2 set at all texts of some records together says that there is nothing, which is the rule; only where
it hits is each submission looked at, and only where that hits are its texts searched one by one. An id stays an id:
what held a secret is still told apart from all others.
"""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Final

import re2

from schemas.event import Json
from streams.ids import Ids
from streams.ingest.decode import ReadSubmission, ReadTurn, is_bare
from streams.ingest.secret_rules import RULES

FILTER_MEMORY: Final = 64 << 20
"""Far more than the filter's automaton was ever seen to need: RE2 says "nothing" where it runs out."""
CARD_DIGITS_FROM: Final = 10**12
"""Whole numbers from here on may be a card's."""


def _build_filter() -> "re2.Set":
    options = re2.Options()
    options.max_mem = FILTER_MEMORY
    forms = re2.Set.SearchSet(options)
    for rule in RULES:
        forms.Add(rule.form)
    forms.Compile()
    return forms


_FILTER = _build_filter()
_FORMS = tuple((rule, re2.compile(rule.form)) for rule in RULES)


def may_hold_secrets(texts: Iterable[str]) -> bool:
    """Whether a look at all of them together finds anything. Where it does not, none of them holds a secret."""
    return bool(_FILTER.Match("\n".join(texts)))


def redact(text: str, found: Counter[str]) -> str:
    """The text without its secrets; `found` counts them by kind. What is redacted once is not changed again."""
    before = None
    while text != before:  # what stood beside a secret may be one too, once that is gone
        before = text
        for place in sorted(_FILTER.Match(text) or ()):
            text = _replace(text, place, found)
    return text


def _replace(text: str, place: int, found: Counter[str]) -> str:
    rule, form = _FORMS[place]
    group = min(form.groups, 1)
    parts: list[str] = []
    kept_to = 0
    for match in form.finditer(text):
        if rule.holds(match.group(group)):
            found[rule.kind] += 1
            parts += text[kept_to : match.start(group)], f"[REDACTED:{rule.kind}]"
            kept_to = match.end(group)
    return "".join((*parts, text[kept_to:]))


def redact_id(ids: Ids, sent: str, found: Counter[str]) -> str:
    """An id as it is written. Where it holds a secret a keyed hash of the whole keeps it apart, the same each time."""
    cleaned = redact(sent, found)
    return sent if cleaned == sent else f"{cleaned}#{ids.digest('id-as-sent', sent).hex()[:16]}"


def redact_submission(ids: Ids, sent: ReadSubmission, found: Counter[str]) -> ReadSubmission:
    """The submission without secrets in any text of it; `found` counts them by kind.

    Every text is looked at but those of the scope, which were (`rekey.py`). What is computed from ids is computed
    before.
    """
    if not may_hold_secrets(texts_of(sent)):
        return sent
    return sent._replace(
        session_id=redact_id(ids, sent.session_id, found),
        job_id=_redact_some_id(ids, sent.job_id, found),
        turns=tuple(_redact_turn(ids, turn, found) for turn in sent.turns),
        context=_redact_some(sent.context, found),
        title=_redact_some(sent.title, found),
        document_id=_redact_some_id(ids, sent.document_id, found),
        collection_id=_redact_some_id(ids, sent.collection_id, found),
        tags=tuple(dict.fromkeys(redact(tag, found) for tag in sent.tags)),
        metadata={redact(name, found): _redact_json(value, found) for name, value in sent.metadata.items()},
        entities=tuple((redact(text, found), _redact_some(type_, found)) for text, type_ in sent.entities),
    )


def _redact_some(text: str | None, found: Counter[str]) -> str | None:
    return None if text is None else redact(text, found)


def _redact_some_id(ids: Ids, sent: str | None, found: Counter[str]) -> str | None:
    return None if sent is None else redact_id(ids, sent, found)


def _redact_turn(ids: Ids, turn: ReadTurn, found: Counter[str]) -> ReadTurn:
    return turn._replace(
        text=redact(turn.text, found),
        name=_redact_some(turn.name, found),
        event_id=_redact_some_id(ids, turn.event_id, found),
        observations=tuple(
            seen._replace(content=redact(seen.content, found), type=_redact_some(seen.type, found))
            for seen in turn.observations
        ),
    )


def _redact_json(value: Json, found: Counter[str]) -> Json:
    match value:
        case str():
            return redact(value, found)
        case int() if value >= CARD_DIGITS_FROM and (cleaned := redact(str(value), found)) != str(value):
            return cleaned
        case dict():
            return {redact(name, found): _redact_json(part, found) for name, part in value.items()}
        case list():
            return [_redact_json(part, found) for part in value]
        case _:
            return value


def texts_of(sent: ReadSubmission) -> list[str]:
    """Every text that `redact_submission` looks at."""
    texts: list[str] = [sent.session_id]
    if sent.job_id:
        texts.append(sent.job_id)
    for _, text, name, _, event_id, observations in sent.turns:
        texts.append(text)
        if name:
            texts.append(name)
        if event_id:
            texts.append(event_id)
        for seen in observations:
            texts += seen.content, seen.type or ""
    if is_bare(sent):
        return texts
    texts += [text for text in (sent.context, sent.title, sent.document_id, sent.collection_id) if text]
    texts += sent.tags
    for text, type_ in sent.entities:
        texts += text, type_ or ""
    for name, value in sent.metadata.items():
        texts += (name, *_texts_of(value))
    return texts


def _texts_of(value: Json) -> Iterator[str]:
    match value:
        case str():
            yield value
        case int() if value >= CARD_DIGITS_FROM:
            yield str(value)
        case dict():
            for name, part in value.items():
                yield name
                yield from _texts_of(part)
        case list():
            for part in value:
                yield from _texts_of(part)
