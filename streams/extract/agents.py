"""The stage: a chunk of closed windows in; journal entries, results and the position out."""

from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import NamedTuple

from schemas.extraction import WindowClosed, WindowExtracted
from streams import codec
from streams.errors import ConfigurationError
from streams.extract import journal, result
from streams.extract.calls import ask
from streams.extract.extractor import Extractor, Identity, Reply
from streams.extract.journal import Answer, JournalKey
from streams.extract.order import Line
from streams.extract.request import Request, request_for
from streams.extract.rules import Rules
from streams.extract.signal import Reason, not_worth_asking
from streams.extract.verbatim import IDENTITY as VERBATIM
from streams.ids import Ids, scope_key
from streams.ports import Chunk, Effects, Output, Processor, SourceRecord, State
from streams.settings import Settings


def build(settings: Settings) -> Callable[[int, State], Processor]:
    """The stage as the engine builds it for every assignment. Raises ConfigurationError for an unknown extractor."""
    if settings.extractor != "rules":
        raise ConfigurationError(f"TURNLOG_EXTRACTOR={settings.extractor!r}: only 'rules' is known")
    extractor, ids = Rules(), Ids(settings.hash_key)
    return lambda partition, state: Extract(extractor, ids, calls=settings.calls)


class Extraction(NamedTuple):
    """A window on its way: its question, and who is to answer it."""

    record: SourceRecord
    window: WindowClosed
    request: Request
    identity: Identity
    key: JournalKey
    unasked: Reason | None

    @property
    def needs_answer(self) -> bool:
        return self.window.options.infer and self.unasked is None


class Extract:
    """One lane's part of the stage. It remembers nothing between chunks: the journal is the table."""

    def __init__(self, extractor: Extractor, ids: Ids, *, calls: int) -> None:
        self._extractor = extractor
        self._ids = ids
        self._calls = calls

    async def process(self, chunk: Chunk, state: State) -> AsyncGenerator[Effects, None]:
        """One transaction where all answers are at hand; else one whenever answers arrive, journaled with it.

        Results leave in the order of the extractions of their scope; the position follows the first that waits.
        """
        extractions = [self._read(record) for record in chunk.records]
        answers, asking = _look_up(extractions, state)
        questions = {key: extraction.request for key, extraction in asking.items()}
        line = Line([extraction.key.scope for extraction in extractions])
        async with aclosing(ask(self._extractor, questions, calls=self._calls)) as groups:
            async for replies in groups:
                arrived = {key: _answer(asking[key], reply) for key, reply in replies.items()}
                answers |= arrived
                leaving = line.leave([_is_answered(extraction, answers) for extraction in extractions])
                outputs = [_output(extractions[place], answers) for place in leaving]
                changes = _entries(arrived)
                if (first := line.first_waiting()) is None:
                    yield Effects(outputs, changes, chunk.after)
                elif outputs or changes:
                    yield Effects(outputs, changes, extractions[first].record.offset if first else None)

    def _read(self, record: SourceRecord) -> Extraction:
        window = codec.decode_as(WindowClosed, record.value or b"")
        request = request_for(window)
        identity = self._extractor.identity(window.options.model) if window.options.infer else VERBATIM
        scope = self._ids.scope(window.org_id, window.user_id)
        places = [(unit.turn_id, unit.piece) for unit in window.units]
        key = self._ids.extraction(scope, places, request.part(), identity.part())
        return Extraction(
            record, window, request, identity, JournalKey(scope, bytes.fromhex(key)), not_worth_asking(request)
        )


def _look_up(
    extractions: list[Extraction], state: State
) -> tuple[dict[JournalKey, Answer], dict[JournalKey, Extraction]]:
    """The answers the journal holds, and who asks the questions left: the first to need the answer."""
    answers: dict[JournalKey, Answer] = {}
    asking: dict[JournalKey, Extraction] = {}
    for extraction in extractions:
        if extraction.needs_answer and extraction.key not in answers and extraction.key not in asking:
            answer = journal.find(state, extraction.key)
            if answer is None:
                asking[extraction.key] = extraction
            else:
                answers[extraction.key] = answer
    return answers, asking


def _answer(asking: Extraction, reply: Reply) -> Answer:
    return Answer(generation=asking.window.generation, window_id=asking.window.window_id, reply=reply)


def _is_answered(extraction: Extraction, answers: dict[JournalKey, Answer]) -> bool:
    return not extraction.needs_answer or extraction.key in answers


def _entries(arrived: dict[JournalKey, Answer]) -> dict[bytes, bytes]:
    changes: dict[bytes, bytes] = {}
    for key, answer in arrived.items():
        if answer.reply.error is None:
            changes |= journal.entry(key, answer)
    return changes


def _output(extraction: Extraction, answers: dict[JournalKey, Answer]) -> Output:
    window = extraction.window
    return Output(
        WindowExtracted.topic,
        scope_key(window.org_id, window.user_id),
        codec.encode(_result(extraction, answers)),
        extraction.record.headers,
    )


def _result(extraction: Extraction, answers: dict[JournalKey, Answer]) -> WindowExtracted:
    window, identity, key = extraction.window, extraction.identity, extraction.key.extraction_key.hex()
    if not window.options.infer:
        return result.verbatim(window, key=key, identity=identity)
    if extraction.unasked is not None:
        return result.unasked(window, key=key, identity=identity, reason=extraction.unasked)
    answer = answers[extraction.key]
    # a window that paid says so whenever it is said again, also after a crash between the journal and the result
    paid = (answer.generation, answer.window_id) == (window.generation, window.window_id)
    hit = answer.reply.error is None and not paid
    return result.from_reply(window, key=key, identity=identity, reply=answer.reply, journal_hit=hit)
