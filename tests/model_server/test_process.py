"""The model server as others start it."""

import json
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

from streams.extract.openai.extractor import OpenAI
from streams.settings import Settings
from tests.streams.extract.openai.requests import request

ROOT = Path(__file__).parents[2]


async def test_it_says_where_it_listens_answers_counts_and_ends() -> None:
    command = [sys.executable, "-m", "tests.model_server", "--port", "0", "--busy-every", "3"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        extractor = OpenAI(Settings(openai_api_key="test-key", openai_base_url=url), first_wait_s=0.01)
        tried = [(await extractor.extract(request("I like tea."))).attempts for _ in range(3)]
        await extractor.close()
        with urllib.request.urlopen(url.removesuffix("/v1") + "/stats") as answer:
            stats = json.load(answer)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    assert tried == [1, 1, 2]
    assert (stats["requests"], stats["answered"], stats["statuses"]) == (4, 3, {"200": 3, "503": 1})
