"""The server: every request in a thread of its own, answered by the first script that fits, else by default."""

import json
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple, Self

from tests.model_server.answers import Drop, Facts, Fail, Hang, Step, Text, default_facts

PATH = "/v1/chat/completions"


class Question(NamedTuple):
    """What a client asked."""

    model: str
    system: str
    user: str
    body: dict[str, Any]


class ModelServer:
    """Listens on 127.0.0.1 from `start` to `stop`. What it keeps may be read while it runs."""

    def __init__(self, *, port: int = 0, key: str = "test-key", delay_s: float = 0.0, busy_every: int = 0) -> None:
        self.key = key
        self.requests: list[Question] = []
        """Every question that reached it, whatever became of it."""
        self._delay_s = delay_s
        self._busy_every = busy_every
        self._scripts: list[tuple[str, deque[Step]]] = []
        self._counts: Counter[str] = Counter()
        self._models: Counter[str] = Counter()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server(("127.0.0.1", port), _handler(self))
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def url(self) -> str:
        """As OPENAI_BASE_URL."""
        return f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def script(self, word: str, *steps: Step) -> None:
        """The next questions that hold this word get these answers, one each; later ones the default again."""
        with self._lock:
            self._scripts.append((word, deque(steps)))

    def forget(self, word: str) -> None:
        """Questions that hold this word get the default answer from now on."""
        with self._lock:
            self._scripts = [(each, steps) for each, steps in self._scripts if each != word]

    def asked(self, word: str) -> list[Question]:
        return [question for question in self.requests if word in question.user]

    def stats(self) -> dict[str, Any]:
        with self._lock:
            names = ("tokens_in", "tokens_out", "tokens_cached", "answered", "unseen", "refused_key")
            counts = {name: self._counts[name] for name in names}
            statuses = {name: count for name, count in self._counts.items() if name.isdigit()}
            return {"requests": len(self.requests), **counts, "statuses": statuses, "models": dict(self._models)}

    def next_step(self, question: Question) -> Step:
        with self._lock:
            self.requests.append(question)
            self._models[question.model] += 1
            if self._busy_every and len(self.requests) % self._busy_every == 0:
                return Fail(503)
            for word, steps in self._scripts:
                if steps and word in question.user:
                    return steps.popleft()
        return Facts(delay_s=self._delay_s)

    def count(self, **counts: int) -> None:
        with self._lock:
            self._counts.update(counts)

    def count_status(self, status: int) -> None:
        with self._lock:
            self._counts[str(status)] += 1

    def wait(self, seconds: float) -> None:
        self._stopping.wait(seconds)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is what some tests are about."""


def _handler(model_server: ModelServer) -> type[BaseHTTPRequestHandler]:
    class Handler(_Handler):
        server_of = model_server

    return Handler


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16  # an answer leaves in one piece
    disable_nagle_algorithm = True
    server_of: ModelServer

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        if self.path == "/stats":
            self._send(200, self.server_of.stats())
        else:
            self._send(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        content = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        if self.path != PATH:
            return self._send(404, {"detail": "Not Found"})
        if self.headers.get("Authorization") != f"Bearer {self.server_of.key}":
            self.server_of.count(refused_key=1)
            return self._fail(Fail(401, "invalid_api_key", f"Incorrect API key: {self.headers.get('Authorization')}"))
        body = json.loads(content)
        if objection := _objection(body):
            return self._fail(Fail(400, "invalid_request_error", objection))
        question = Question(body["model"], body["messages"][0]["content"], body["messages"][-1]["content"], body)
        return self._take(self.server_of.next_step(question), question)

    def _take(self, step: Step, question: Question) -> None:
        match step:
            case Fail():
                self._fail(step)
            case Drop():
                self.close_connection = True
                self.server_of.count(unseen=1)
                self.connection.close()
            case Hang():
                self.server_of.count(unseen=1)
                self.server_of.wait(step.seconds)
                self.close_connection = True
                self.connection.close()
            case Text():
                self._complete(question, step)
            case Facts():
                time.sleep(step.delay_s)
                facts = default_facts(question.user) if step.facts is None else step.facts
                text = json.dumps({"facts": facts}, ensure_ascii=False)
                cut = step.cut_at is not None
                self._complete(question, Text(text[: step.cut_at], "length" if cut else "stop"))

    def _complete(self, question: Question, answer: Text) -> None:
        cached = len(question.system) // 4
        usage = {
            "prompt_tokens": cached + len(question.user) // 4,
            "completion_tokens": len(answer.text or "") // 4 + 1,
            "prompt_tokens_details": {"cached_tokens": cached},
        }
        self.server_of.count(
            answered=1,
            tokens_in=usage["prompt_tokens"],  # type: ignore[arg-type]
            tokens_out=usage["completion_tokens"],  # type: ignore[arg-type]
            tokens_cached=cached,
        )
        message = {"role": "assistant", "content": answer.text, "refusal": answer.refusal}
        choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason}
        made = {"id": "c", "object": "chat.completion", "created": 0, "model": question.model}
        self._send(200, {**made, "choices": [choice], "usage": usage})

    def _fail(self, fail: Fail) -> None:
        headers = {} if fail.retry_after is None else {"Retry-After": fail.retry_after}
        error = {"message": fail.message, "type": "error", "param": None, "code": fail.code}
        self._send(fail.status, {"error": error} if fail.body is None else fail.body, headers)

    def _send(self, status: int, content: Any, headers: dict[str, str] | None = None) -> None:
        encoded = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.server_of.count_status(status)
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(encoded)))
        self.end_headers()
        self.wfile.write(encoded)


def _objection(body: dict[str, Any]) -> str | None:
    """What a server that holds answers to a schema would say against this question."""
    form = body.get("response_format", {}).get("json_schema", {})
    if not form.get("strict"):
        return "response_format has to be a strict json_schema"
    return None if _is_strict(form["schema"]) else "additionalProperties has to be false and every property required"


def _is_strict(schema: Any) -> bool:
    if isinstance(schema, list):
        return all(map(_is_strict, schema))
    if not isinstance(schema, dict):
        return True
    if schema.get("type") == "object":
        if schema.get("additionalProperties") is not False or schema["required"] != list(schema["properties"]):
            return False
        return all(map(_is_strict, schema["properties"].values()))
    return all(map(_is_strict, schema.values()))
