"""A window on its way: what it asks, of whom, and whether that can be asked here."""

from functools import lru_cache
from typing import NamedTuple

from schemas.extraction import WindowClosed
from streams.errors import Unavailable
from streams.extract import prompts_known
from streams.extract.calls import Question
from streams.extract.deferral import Deferral
from streams.extract.extractor import Extractor, Identity
from streams.extract.extractors import ByName
from streams.extract.journal import JournalKey
from streams.extract.request import Request, request_for
from streams.extract.signal import Reason, not_worth_asking
from streams.extract.verbatim import IDENTITY as VERBATIM
from streams.ids import Ids, encode
from streams.overlay import Readable
from streams.ports import Headers


class Extraction(NamedTuple):
    """A window, its question, and who is to answer it."""

    window: WindowClosed
    headers: Headers
    request: Request
    identity: Identity
    key: JournalKey
    extractor: Extractor | None
    """None: nobody is asked, or nobody is known here who could be."""
    prompt_text: str | None
    unasked: Reason | None
    blocked: Deferral | None
    """Why this worker cannot even ask."""

    @property
    def needs_answer(self) -> bool:
        return self.extractor is not None and self.unasked is None

    @property
    def asked_of(self) -> str:
        return f"{self.identity.name}/{self.identity.model}"

    @property
    def question(self) -> Question:
        assert self.extractor is not None
        return Question(self.extractor, self.request, self.prompt_text, self.asked_of)


def extraction_of(window: WindowClosed, headers: Headers, by_name: ByName, ids: Ids, table: Readable) -> Extraction:
    """`table`: where prompts are found."""
    request, asked = request_for(window), window.asked
    extractor, prompt_text, blocked = None, None, None
    identity = VERBATIM
    if window.options.infer:
        try:
            extractor = by_name(asked.extractor)
            prompt_text = _prompt(table, asked.prompt)
            identity = extractor.identity(request.model, asked.prompt)
        except Unavailable as error:
            extractor, blocked = None, Deferral("unavailable", str(error), retry_after_s=error.retry_after_s)
            identity = Identity(asked.extractor, "", request.model or "", asked.prompt or "", 0)
    scope = ids.scope(window.org_id, window.user_id)
    units = [(unit.turn_id, unit.piece) for unit in window.units]
    key = ids.extraction(scope, units, request.encoded(), _encoded(identity))
    unasked = not_worth_asking(request) if window.options.infer else None
    return Extraction(
        window,
        headers,
        request,
        identity,
        JournalKey(scope, bytes.fromhex(key)),
        extractor,
        prompt_text,
        unasked,
        blocked,
    )


@lru_cache(64)
def _encoded(identity: Identity) -> bytes:
    return encode(identity.part())


def _prompt(table: Readable, prompt: str | None) -> str | None:
    if prompt is None:
        return None
    text = prompts_known.text_of(table, prompt)
    if text is None:
        raise Unavailable(f"the text of prompt {prompt[:64]} has not come with any window here")
    return text
