"""What a server may answer: how long it wants to be left alone, and bodies that no honest server sends."""

import json
from typing import Any

import pytest

from streams.adapters.openai import MOST_BYTES, Completion, ModelClient, Refused, Unanswered, retry_after_s
from tests.model_server import Fail, ModelServer

NOW = 1_445_412_480.0
"""Wed, 21 Oct 2015 07:28:00 GMT."""


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "20"}, 20),
        ({"retry-after": "0.5"}, 0.5),
        ({"retry-after-ms": "1500", "retry-after": "20"}, 1.5),
        ({"retry-after": "Wed, 21 Oct 2015 07:29:00 GMT"}, 60),
        ({"retry-after": "Wed, 21 Oct 2015 07:00:00 GMT"}, 0),
        ({"retry-after": "-3"}, 0),
        ({"retry-after": "1e9"}, 86_400),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
    ],
)
def test_retry_after_is_seconds_milliseconds_or_a_date(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers, now=NOW) == seconds


async def ask(body: bytes) -> Completion | Refused | Unanswered:
    with ModelServer() as server:
        server.script("", Fail(200, body=body))
        client = ModelClient(base_url=server.url, api_key=server.key, timeout_s=5)
        try:
            return await client.ask([_Message()], model="m", response_format=FORM, max_tokens=16, options={})
        finally:
            await client.close()


class _Message:
    role, content = "user", "Hello"


FORM: dict[str, Any] = {"type": "json_schema", "json_schema": {"name": "n", "strict": True, "schema": {}}}


def body(text: str = "{}", *, usage: object = None, finish_reason: str = "stop") -> bytes:
    choice = {"message": {"content": text}, "finish_reason": finish_reason}
    return json.dumps({"choices": [choice], "usage": usage}).encode()


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3}, (7, 3, 0)),
        ({"prompt_tokens": 7, "prompt_tokens_details": {"cached_tokens": 2**70}}, (7, 0, 7)),
        ({"prompt_tokens": 10**30, "completion_tokens": 3}, (0, 0, 0)),
        ({"prompt_tokens": -1}, (0, 0, 0)),
        ({"prompt_tokens": 1.5}, (0, 0, 0)),
        ("many", (0, 0, 0)),
        ([], (0, 0, 0)),
    ],
)
async def test_an_answer_stands_whatever_its_server_counts(usage: object, tokens: tuple[int, int, int]) -> None:
    answer = await ask(body(usage=usage))
    assert isinstance(answer, Completion)
    assert (answer.tokens_in, answer.tokens_out, answer.tokens_cached) == tokens


async def test_an_answer_without_end_is_none() -> None:
    assert await ask(body("x" * MOST_BYTES)) == Unanswered("the answer is too long", reached=True)


@pytest.mark.parametrize(
    ("given", "kept"),
    [("stop", "stop"), ("tool_calls", "tool_calls"), ("I live in Oslo", "other"), ("x" * 65, "other")],
)
async def test_why_a_model_stopped_is_a_word(given: str, kept: str) -> None:
    answer = await ask(body(finish_reason=given))
    assert isinstance(answer, Completion)
    assert answer.finish_reason == kept
