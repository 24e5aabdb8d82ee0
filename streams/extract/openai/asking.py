"""One window's questions to the model: again after trouble, and on where an answer was cut off."""

import asyncio
from collections import deque
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn
from zlib import crc32

from streams.adapters.openai import Completion, ModelClient
from streams.errors import ExtractionFailed, Spent, Unavailable
from streams.extract.extractor import Reply
from streams.extract.openai.cost import Tariff, Usage, cost_micros
from streams.extract.openai.parse import Answer, first_turn, read
from streams.extract.openai.render import messages
from streams.extract.openai.retry import Policy, Tried, Trouble, decide
from streams.extract.openai.schema import RESPONSE_FORMAT
from streams.extract.openai.spans import Span, after_cut_off, counts
from streams.extract.openai.trouble import LENGTH, trouble_of, unusable
from streams.extract.request import Request

MOST_ANSWERS = 8
"""Answers that one window may take: a worker waits only so long. Turns left then are cut off."""


class Terms(NamedTuple):
    """How a model is asked."""

    prompt: str
    model: str
    options: Mapping[str, Any]
    max_tokens: int
    policy: Policy
    prices: Mapping[str, Tariff]


class Asking:
    """What a window has asked, got and spent so far. Used once."""

    def __init__(self, client: ModelClient, request: Request, terms: Terms) -> None:
        self._client = client
        self._request = request
        self._terms = terms
        self._tried = Tried()
        self._usage = Usage()
        self._attempts = 0
        self._model = terms.model
        self._started = asyncio.get_running_loop().time()

    async def reply(self) -> Reply:
        """The whole answer. Raises ExtractionFailed and Unavailable, with what was spent."""
        texts: list[str] = []
        spans: list[Span] = []
        cut_off, facts, reason = 0, 0, ""
        waiting = deque([(0, len(self._request.turns))])
        while waiting and len(texts) < MOST_ANSWERS:
            span = waiting.popleft()
            completion, answer = await self._ask(span)
            firsts = [first_turn(fact, len(self._request.turns)) for fact in answer.facts]
            if not answer.is_whole:
                following = after_cut_off(span, [first for first in firsts if first is not None])
                span, cut_off = following.answered, cut_off + following.cut_off
                waiting.extendleft(reversed(following.asked))
            texts.append(completion.text)
            spans.append(span)
            facts += sum(counts(first, span) for first in firsts)
            reason = completion.finish_reason
        cut_off += sum(past - first for first, past in waiting)
        if cut_off and not facts:
            self._give_up(Trouble("permanent", f"cut off at {self._terms.max_tokens} tokens", finish_reason=LENGTH))
        return self._reply(texts, spans, cut_off, LENGTH if cut_off else reason)

    async def _ask(self, span: Span) -> tuple[Completion, Answer]:
        """Ask about some turns until there is a usable answer or no use in asking."""
        question = messages(self._terms.prompt, self._request, span)
        spread = crc32(question[-1].content.encode()) / 2**32
        while True:
            outcome = await self._client.ask(
                question,
                model=self._terms.model,
                response_format=RESPONSE_FORMAT,
                max_tokens=self._terms.max_tokens,
                options=self._terms.options,
            )
            if isinstance(outcome, Completion):
                self._attempts += 1
                self._model = outcome.model
                self._usage = self._usage.plus(Usage(outcome.tokens_in, outcome.tokens_out, outcome.tokens_cached))
                answer = read(outcome.text)
                trouble = unusable(outcome, answer)
                if trouble is None:
                    return outcome, answer
            else:
                trouble = trouble_of(outcome)
                self._attempts += trouble.reached
            again = decide(trouble, self._tried, self._terms.policy, spread=spread)
            if again is None:
                self._give_up(trouble)
            self._tried = again.tried
            await asyncio.sleep(again.wait_s)

    def _give_up(self, trouble: Trouble) -> NoReturn:
        if trouble.kind in ("unusable", "permanent"):
            raise ExtractionFailed(
                trouble.message, spent=self._spent(), model=self._model, finish_reason=trouble.finish_reason
            )
        raise Unavailable(trouble.message, retry_after_s=trouble.retry_after_s, spent=self._spent(), model=self._model)

    def _reply(self, texts: list[str], spans: list[Span], cut_off: int, reason: str) -> Reply:
        is_split = len(texts) > 1
        spent = self._spent()
        return Reply(
            raw=tuple(texts),
            spans=tuple(spans) if is_split else (),
            cut_off=cut_off,
            model=self._model,
            finish_reason=reason or None,
            **spent._asdict(),
        )

    def _spent(self) -> Spent:
        prices = self._terms.prices
        tariff = prices.get(self._terms.model) or prices.get(self._model)
        elapsed = asyncio.get_running_loop().time() - self._started
        return Spent(
            attempts=self._attempts,
            tokens_in=self._usage.tokens_in,
            tokens_out=self._usage.tokens_out,
            tokens_cached=self._usage.tokens_cached,
            cost_micros=cost_micros(self._usage, tariff),
            latency_ms=round(elapsed * 1000),
        )
