"""One window's questions to the model: again after trouble, and on where an answer was cut off."""

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, NoReturn
from zlib import crc32

from streams.adapters.openai import Completion, ModelClient
from streams.errors import ExtractionFailed, Spent, Unavailable
from streams.extract.extractor import Means, Reply
from streams.extract.openai.cost import Tariff, Usage, cost_micros
from streams.extract.openai.parse import Answer, first_turn, read
from streams.extract.openai.render import Message, messages
from streams.extract.openai.retry import Policy, Tried, Trouble, decide
from streams.extract.openai.schema import RESPONSE_FORMAT, SCHEMA_TOKENS
from streams.extract.openai.spans import Span, after_cut_off, counts
from streams.extract.openai.trouble import LENGTH, trouble_of, unusable
from streams.extract.request import Request

MOST_ANSWERS = 8
"""Answers that one window may take: a worker waits only so long. Turns left then are cut off."""
LEAST_S = 1.0
"""With less time left no question is asked."""


class Manner(NamedTuple):
    """How a model is asked."""

    prompt: str
    model: str
    options: Mapping[str, Any]
    max_tokens: int
    policy: Policy
    prices: Mapping[str, Tariff]
    limit_s: float
    """For all questions of a window together."""


def most_micros(question: Sequence[Message], manner: Manner) -> int:
    """As if the model wrote as much as it may; a token of text is taken for three bytes."""
    tokens_in = sum(len(message.content.encode()) for message in question) // 3 + SCHEMA_TOKENS
    return cost_micros(Usage(tokens_in, manner.max_tokens), manner.prices.get(manner.model))


class Asking:
    """What a window has asked, got and spent so far. Used once."""

    def __init__(self, client: ModelClient, request: Request, manner: Manner, means: Means) -> None:
        self._client = client
        self._request = request
        self._manner = manner
        self._means = means
        self._policy = manner.policy._replace(patience_s=0.0) if means.tried else manner.policy
        self._tried = Tried()
        self._usage = Usage()
        self._attempts = 0
        self._model = manner.model
        self._started = asyncio.get_running_loop().time()

    async def reply(self) -> Reply:
        """The whole answer. Raises ExtractionFailed and Unavailable, with what was spent."""
        texts: list[str] = []
        spans: list[Span] = []
        cut_off, facts, reason = 0, 0, ""
        waiting = deque([(0, len(self._request.turns))])
        while waiting and len(texts) < MOST_ANSWERS and (not texts or self._has_means(waiting[0])):
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
            self._give_up(Trouble("permanent", f"cut off at {self._manner.max_tokens} tokens", finish_reason=LENGTH))
        return self._reply(texts, spans, cut_off, LENGTH if cut_off else reason)

    async def _ask(self, span: Span) -> tuple[Completion, Answer]:
        """Ask about some turns until there is a usable answer or no use in asking."""
        question = messages(self._manner.prompt, self._request, span)
        spread = crc32(question[-1].content.encode()) / 2**32
        while True:
            outcome = await self._client.ask(
                question,
                model=self._manner.model,
                response_format=RESPONSE_FORMAT,
                max_tokens=self._manner.max_tokens,
                options=self._manner.options,
                timeout_s=self._left_s(),
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
            again = decide(trouble, self._tried, self._policy, spread=spread)
            if again is None or self._left_s() - again.wait_s < LEAST_S:
                self._give_up(trouble)
            if trouble.kind != "busy" and not self._has_means(span):  # what a busy server did not do costs nothing
                self._give_up(trouble)
            self._tried = again.tried
            await asyncio.sleep(again.wait_s)

    def _has_means(self, span: Span) -> bool:
        """Whether there is time and money for one more question."""
        if self._left_s() < LEAST_S:
            return False
        question = messages(self._manner.prompt, self._request, span)
        return self._means.may_spend(most_micros(question, self._manner))

    def _left_s(self) -> float:
        return self._manner.limit_s - self._elapsed_s()

    def _elapsed_s(self) -> float:
        return asyncio.get_running_loop().time() - self._started

    def _give_up(self, trouble: Trouble) -> NoReturn:
        if trouble.kind in ("unusable", "permanent"):
            raise ExtractionFailed(
                trouble.message, spent=self._spent(), model=self._model, finish_reason=trouble.finish_reason
            )
        raise Unavailable(
            trouble.message,
            retry_after_s=trouble.retry_after_s,
            spent=self._spent(),
            model=self._model,
            of_server=trouble.of_server,
        )

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
        prices = self._manner.prices
        tariff = prices.get(self._manner.model) or prices.get(self._model)
        return Spent(
            attempts=self._attempts,
            tokens_in=self._usage.tokens_in,
            tokens_out=self._usage.tokens_out,
            tokens_cached=self._usage.tokens_cached,
            cost_micros=cost_micros(self._usage, tariff),
            latency_ms=round(self._elapsed_s() * 1000),
        )
