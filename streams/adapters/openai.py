"""The client of a model server: one question, one answer, or why there is none. It never asks twice by itself.

What a server says in its errors is not repeated: it may quote the question. Its codes are.
"""

import asyncio
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from email.utils import parsedate_to_datetime
from math import isfinite
from typing import Any, NamedTuple, Protocol, cast

import httpx2
import openai
from pydantic import AnyHttpUrl, BaseModel, ConfigDict, Field, JsonValue, TypeAdapter, ValidationError

from streams.errors import ConfigurationError

CONNECT_S = 5.0
MOST_WAIT_S = 86_400.0
MOST_BYTES = 2 << 20
"""Of an answer; one of 128 thousand tokens has about half a million."""
MOST_TOKENS = 2**40
PROVIDER = "api.openai.com"
_NEVER_REACHED = frozenset(
    {"ConnectError", "ConnectTimeout", "PoolTimeout", "UnsupportedProtocol", "LocalProtocolError"}
)
_ADDRESS = TypeAdapter(AnyHttpUrl)
_REASON = re.compile(r"[a-z_]{1,64}")
_CODE = re.compile(r"[\w.\[\]-]{1,64}", re.ASCII)
_NO_SCHEMA = re.compile(r"response_format|json_schema|guided|structured", re.IGNORECASE)
"""What servers name in a refusal when they cannot hold an answer to a form."""


class Message(Protocol):
    """One message of a chat."""

    @property
    def role(self) -> str: ...
    @property
    def content(self) -> str: ...


class Completion(NamedTuple):
    """What came back."""

    text: str
    refusal: str | None
    finish_reason: str
    model: str
    tokens_in: int
    tokens_out: int
    tokens_cached: int


class Refused(NamedTuple):
    """The server answered with an error."""

    status: int
    code: str
    retry_after_s: float | None
    names_the_form: bool
    """Whether it objects to the form of answer that was asked for."""
    explains: bool
    """Whether it says why, as a model server does; a server of something else does not."""


class Unanswered(NamedTuple):
    """No answer, or none that can be read. `reached`: the server may have worked, and billed, all the same."""

    message: str
    reached: bool
    timed_out: bool = False


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _CachedTokens(BaseModel):
    cached_tokens: int | None = None


class _Usage(BaseModel):
    prompt_tokens: int = Field(0, ge=0, le=MOST_TOKENS)
    completion_tokens: int = Field(0, ge=0, le=MOST_TOKENS)
    prompt_tokens_details: _CachedTokens | None = None


class _Body(BaseModel):
    model_config = ConfigDict(extra="ignore")

    choices: list[_Choice] = Field(min_length=1)
    model: str | None = None
    usage: JsonValue = None
    """As it came: an answer stands whatever its server counts."""


class ModelClient:
    """Connections to one model server; they belong to the event loop that first asks.

    They are kept until `close`, or until the process ends: a worker ends without waiting for anybody.
    """

    def __init__(self, *, base_url: str, api_key: str, timeout_s: float) -> None:
        api_key = api_key.strip()
        try:
            address = _ADDRESS.validate_python(base_url)
        except ValidationError:
            raise ConfigurationError("TURNLOG_OPENAI_BASE_URL has to be an http:// or https:// address") from None
        if not api_key and address.host == PROVIDER:
            raise ConfigurationError(
                f"TURNLOG_OPENAI_API_KEY is not set: nothing is sent to {PROVIDER}. Set it, or TURNLOG_OPENAI_BASE_URL "
                "to a server of your own"
            )
        if not (api_key.isascii() and api_key.isprintable()):
            raise ConfigurationError("TURNLOG_OPENAI_API_KEY holds characters that no key has")
        for name in ("openai", "httpx", "httpx2", "httpcore", "httpcore2"):
            logging.getLogger(name).setLevel(logging.WARNING)  # else a line for every question
        self._timeout_s = timeout_s
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=api_key or "none",  # servers of one's own may need none
            max_retries=0,
            timeout=openai.Timeout(timeout_s, connect=min(CONNECT_S, timeout_s)),
        )

    async def close(self) -> None:
        await self._client.close()

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        model: str,
        response_format: Mapping[str, Any],
        max_tokens: int,
        options: Mapping[str, Any],
        timeout_s: float | None = None,
    ) -> Completion | Refused | Unanswered:
        """Ask once, within the timeout: the client's, or this where it is shorter."""
        limit_s = min(self._timeout_s, timeout_s or self._timeout_s)
        try:
            async with (
                asyncio.timeout(limit_s),
                self._client.chat.completions.with_streaming_response.create(
                    model=model,
                    messages=cast(Any, [{"role": each.role, "content": each.content} for each in messages]),
                    response_format=cast(Any, response_format),
                    max_completion_tokens=max_tokens,
                    extra_body=dict(options),
                ) as answer,
            ):
                content = await _read(answer.iter_bytes())
        except openai.APIStatusError as error:
            return _refused(error)
        except (TimeoutError, openai.APITimeoutError) as error:
            reached = not _never_reached(error)
            return Unanswered(f"no answer within {limit_s:g} s", reached=reached, timed_out=reached)
        except openai.APIConnectionError as error:
            cause = type(error.__cause__ or error).__name__
            if _never_reached(error):
                return Unanswered(f"cannot be reached: {cause}", reached=False)
            return Unanswered(f"connection lost: {cause}", reached=True)
        except httpx2.RequestError as error:  # while the answer is read
            if isinstance(error, httpx2.TimeoutException):
                return Unanswered(f"no answer within {limit_s:g} s", reached=True, timed_out=True)
            return Unanswered(f"connection lost: {type(error).__name__}", reached=True)
        return (
            _completion(content, model) if content is not None else Unanswered("the answer is too long", reached=True)
        )


async def _read(parts: AsyncIterator[bytes]) -> bytes | None:
    """The whole answer, or nothing where it has no end."""
    content = bytearray()
    async for part in parts:
        content += part
        if len(content) > MOST_BYTES:
            return None
    return bytes(content)


def _completion(content: bytes, asked: str) -> Completion | Unanswered:
    try:
        body = _body(content)
    except (ValueError, RecursionError):
        return Unanswered("the answer is no chat completion", reached=True)
    choice, usage = body.choices[0], _usage(body.usage)
    details = usage.prompt_tokens_details
    cached = (details.cached_tokens if details else None) or 0
    return Completion(
        text=choice.message.content or "",
        refusal=choice.message.refusal,
        finish_reason=_reason(choice.finish_reason or ""),
        model=(body.model or asked)[:128],
        tokens_in=usage.prompt_tokens,
        tokens_out=usage.completion_tokens,
        tokens_cached=min(max(cached, 0), usage.prompt_tokens),
    )


def _usage(counted: JsonValue) -> _Usage:
    """What the server counted; nothing where it cannot be."""
    try:
        return _Usage.model_validate(counted or {})
    except ValidationError:
        return _Usage()


def _reason(reason: str) -> str:
    """As the server gives it, if it is a word."""
    return reason if not reason or _REASON.fullmatch(reason) else "other"


def _body(content: bytes) -> _Body:
    try:
        return _Body.model_validate_json(content)
    except ValidationError:  # half of a surrogate pair, which models write and strict parsers refuse
        return _Body.model_validate_json(json.dumps(json.loads(content), ensure_ascii=False).encode(errors="replace"))


def _never_reached(error: BaseException) -> bool:
    return bool(error.__cause__) and type(error.__cause__).__name__ in _NEVER_REACHED


def _refused(error: openai.APIStatusError) -> Refused:
    body = error.body if isinstance(error.body, dict) else {}
    codes = [str(part) for part in (body.get("code"), body.get("type"), body.get("param")) if part is not None]
    return Refused(
        status=error.status_code,
        code=next((code for code in codes if _CODE.fullmatch(code)), ""),
        retry_after_s=retry_after_s(error.response.headers),
        names_the_form=_NO_SCHEMA.search(" ".join([*codes, str(body.get("message", ""))])) is not None,
        explains="message" in body,
    )


def retry_after_s(headers: Mapping[str, str], *, now: float | None = None) -> float | None:
    """How long the server wants to be left alone: milliseconds, seconds or a date; at most a day."""
    try:
        if millis := headers.get("retry-after-ms"):
            return _bounded(float(millis) / 1000)
        if not (value := headers.get("retry-after")):
            return None
        try:
            return _bounded(float(value))
        except ValueError:
            return _bounded(parsedate_to_datetime(value).timestamp() - (time.time() if now is None else now))
    except (ValueError, OverflowError):
        return None


def _bounded(seconds: float) -> float | None:
    return min(max(seconds, 0.0), MOST_WAIT_S) if isfinite(seconds) else None
