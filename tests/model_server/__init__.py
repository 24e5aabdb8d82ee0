"""A model server for tests: OpenAI's chat interface over real HTTP, deterministic, and as faulty as a test says.

In the process of a test:

    with ModelServer() as server:
        server.script("Ann", Fail(429, retry_after="1"), Hang(2.0), Facts.none())   # for questions that hold "Ann"
        Settings(extractor="openai", openai_api_key=server.key, openai_base_url=server.url)
        server.requests, server.stats()

In a process of its own (prints its address first; ends on SIGTERM):

    python -m tests.model_server --port 0 [--delay SECONDS] [--busy-every N]
    curl http://127.0.0.1:PORT/stats

Without a script every question gets the default answer: one fact for every turn of a user, quoting it, in order. So two
runs over the same turns find the same facts. Questions that are not as the interface wants them get 400, a wrong key
401. `stats()` counts what was asked and answered: `requests`, `tokens_in`, `tokens_out`, `tokens_cached` (of answers
that went out), by status and by model.
"""

from tests.model_server.answers import Drop, Facts, Fail, Hang, Step, Text, default_facts, fact
from tests.model_server.server import ModelServer, Question

__all__ = ["Drop", "Facts", "Fail", "Hang", "ModelServer", "Question", "Step", "Text", "default_facts", "fact"]
