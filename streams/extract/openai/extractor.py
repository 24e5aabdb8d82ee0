"""The extractor that asks a model: a window in; the model's texts, and what they cost, out."""

from hashlib import blake2b

import orjson

from streams import codec
from streams.adapters.openai import ModelClient
from streams.extract.extractor import FRESH, Identity, Means, Proposal, Reply
from streams.extract.openai import parse
from streams.extract.openai.asking import Asking, Manner, most_micros
from streams.extract.openai.render import messages
from streams.extract.openai.retry import Policy
from streams.extract.openai.schema import SCHEMA_VERSION
from streams.extract.prompt import prompt_hash, read_prompt
from streams.extract.request import Request
from streams.settings import Settings

VERSION = "1"
"""Counts up when the same prompt, model and turns are asked differently; not when answers are read differently."""


class OpenAI:
    """Asks a model server. Made once for a process; it holds connections and nothing else."""

    in_process = False

    def __init__(self, settings: Settings, *, first_wait_s: float = 0.5) -> None:
        """`first_wait_s`: before a busy server is asked again; later waits are longer.

        Raises ConfigurationError for a prompt, address or key that cannot be used.
        """
        self._settings = settings
        self._policy = Policy(settings.call_attempts, settings.call_patience_s, first_wait_s)
        self._prompt = read_prompt(settings.prompt)
        self._client = ModelClient(
            base_url=settings.openai_base_url,
            api_key=settings.openai_api_key,
            timeout_s=settings.call_timeout_s,
        )

    async def close(self) -> None:
        """Close the connections. Nothing can be asked afterwards."""
        await self._client.close()

    def identity(self, model: str | None, prompt: str | None = None) -> Identity:
        """Without a model or prompt those of the settings. More options of the questions are another version."""
        options = self._settings.model_options
        return Identity(
            name="openai",
            version=f"{VERSION}-{_hash_of(options)}" if options else VERSION,
            model=model or self._settings.model,
            prompt_version=prompt or prompt_hash(self._prompt),
            schema_version=SCHEMA_VERSION,
            limits=(("max_output_tokens", self._settings.max_output_tokens),),
        )

    def estimate(self, request: Request, prompt_text: str | None = None) -> int:
        manner = self._manner(request, prompt_text)
        return most_micros(messages(manner.prompt, request, (0, len(request.turns))), manner)

    async def extract(self, request: Request, prompt_text: str | None = None, means: Means = FRESH) -> Reply:
        return await Asking(self._client, request, self._manner(request, prompt_text), means).reply()

    def proposals(self, reply: Reply, request: Request) -> tuple[Proposal, ...]:
        return parse.proposals(reply, request)

    def _manner(self, request: Request, prompt_text: str | None) -> Manner:
        settings = self._settings
        return Manner(
            prompt=prompt_text or self._prompt,
            model=request.model or settings.model,
            options=settings.model_options,
            max_tokens=settings.max_output_tokens,
            policy=self._policy,
            prices=settings.prices,
            limit_s=settings.extraction_s,
        )


def build_openai(settings: Settings) -> OpenAI:
    """Raises ConfigurationError for a prompt, address or key that cannot be used."""
    return OpenAI(settings)


def _hash_of(options: object) -> str:
    return blake2b(codec.dumps(options, option=orjson.OPT_SORT_KEYS), digest_size=4).hexdigest()
