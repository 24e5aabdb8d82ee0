"""Secrets, one of each kind in a text and one of its own in every other place: none may come out anywhere."""

from typing import Any

import orjson

from tests.contract.behaviour import is_by_time
from tests.contract.case import ORG, Case, Sent, case, submission, turn
from tests.streams.ingest.test_redact import PEM, SAID, SECRETS

MARK = "[REDACTED:stripe_key]"
_made: list[str] = []


def _secret(place: str) -> str:
    """Another one each time. Opens nothing."""
    made = f"sk_live_{place}{len(_made)}".ljust(32, "Q")
    _made.append(made)
    return made


def _is_redacted(text: Any) -> bool:
    return MARK in str(text)


_ids = {name: f"id {_secret(name)}" for name in ("session", "job", "document", "collection")}
_twins = [f"run {_secret('twin')}" for _ in range(2)]
_card = 4012_8888_8888_1881
_wrong = _secret("refused")

KINDS = tuple(
    case(f"secret {n}: {kind}", submission(turn(f"Well, {said.format(secret)}", name="Ann"), options={"flush": True,
         "infer": False}),
         turns={"text": lambda text, kind=kind: f"[REDACTED:{kind}]" in text},
         submissions={"redactions": lambda found, kind=kind: found.get(kind, 0) >= 1})
    for n, (kind, said, secret) in enumerate([*((kind, "here: {} .", secret) for kind, secret in SECRETS), *SAID])
)  # fmt: skip

PLACES: tuple[Case, ...] = (
    case("secrets in every label",
         Sent(submission(
             turn(_secret("text"), name=_secret("name"), event_id=_secret("event"),
                  observations=[{"content": f"Ann has {_secret('content')}", "type": _secret("type")}]),
             session_id=_ids["session"], job_id=_ids["job"], document_id=_ids["document"],
             collection_id=_ids["collection"],
             title=_secret("title"), context=_secret("context"), tags=[_secret("tag")], document_tags=[_secret("dtag")],
             entities=[{"text": _secret("entity"), "type": _secret("etype")}],
             metadata={_secret("key"): _secret("value"), "deep": [{"a": _secret("deep")}], "card": _card}),
             headers=(("trace-id", _secret("trace").encode()), (f"ce_ {_secret('hname')}", b"1"))),
         turns={"text": MARK, "name": MARK, "event_id": _is_redacted, "session_id": _is_redacted,
         "job_id": _is_redacted,
                "title": MARK, "tags": [MARK], "trace_id": MARK},
         submissions={"redactions": {"card_number": 1, "stripe_key": 20},
         "metadata": lambda found: found["card"] == "[REDACTED:card_number]"},
         jobs={"job_id": _is_redacted, "document_id": _is_redacted, "collection_id": _is_redacted,
         "state": "completed"},
         facts={"content": _is_redacted}),
    case("conversations whose ids hold secrets stay apart, and the same",
         submission(turn("a", event_id="1"), session_id=_twins[0], options={}), submission(turn("b", event_id="1"),
         session_id=_twins[1], options={}),
         submission(turn("a", event_id="1"), session_id=_twins[0], options={}), {"type": "session_ended",
         "session_id": _twins[0]},
         submissions=[{}, {"turns_duplicate": 0}, {"kind": "resubmission"}, {"kind": "session_ended"}],
         turns=[{"text": "a", "session_id": _is_redacted}, {"text": "b", "session_id": _is_redacted}],
         extractions=[{"closed_by": "session_ended"}, {"closed_by": is_by_time}]),
    case("jobs whose ids hold secrets stay apart, and the same",
         *(submission(turn(event_id=str(n)), job_id=job_id) for n, job_id in ((0, _twins[0]), (1, _twins[1]), (0,
         _twins[0]))),
         jobs=[{"job_id": _is_redacted, "resubmissions": 1}, {"job_id": _is_redacted, "resubmissions": 0}]),
    case("a refused job whose ids hold secrets",
         Sent(submission(turn(f"{_wrong}", role="boss"), job_id=f"of {_wrong}", session_id=f"in {_wrong}"),
         headers=(("trace-id", _wrong.encode()),)),
         jobs={"job_id": _is_redacted, "session_id": _is_redacted, "state": "dead_lettered", "trace_id": MARK},
         dead_letters={"job_id": _is_redacted, "session_id": _is_redacted, "field": "turns.0.role"}),
    case("a scope that is a secret", Sent(orjson.dumps({"org_id": ORG, "user_id": _secret("user"), "job_id": "j",
         "turns": [turn()]}),
         key=f"acme/{_made[-1]}".encode()), dead_letters={"code": "VALIDATION_ERROR", "field": "user_id",
         "user_id": "", "job_id": "j"}),
    case("a moved record with secrets",
         Sent(submission(turn(_secret("moved"))), partition=1, headers=(("ce_x", _secret("mheader").encode()),
         ("other", _secret("mother").encode())),
              key=f"k {_secret('mkey')}".encode()), turns={"text": MARK}, submissions={"rekeyed": True}),
    case("a conflict with secrets", submission(turn("a", event_id="1")), submission(turn(_secret("conflict"),
         event_id="1")),
         dead_letters={"code": "TURN_CONFLICT"}),
    case("a malformed record with a secret", Sent(b'{"text": "%b' % _secret("malformed").encode(),
         key=_made[-1].encode()),
         dead_letters={"code": "MALFORMED"}),
    case("a secret in the name of a field", {_secret("field"): 1, "turns": [{"role": "user", "text": "x",
         _secret("tfield"): 1}]},
         submissions={"unknown_fields": 2}),
    case("a secret in the name of a field that is refused", {"options": {_secret("ofield"): 1,
         "infer": _secret("ovalue")}, "turns": [turn()]},
         dead_letters={"field": "options.infer", "message": "options.infer: must be true or false"}),
    case("a secret as a model, a role and a time",
         submission(options={"model": _secret("model")}, job_id="a"), submission(turn(role=_secret("role")),
         job_id="b"),
         submission(turn(timestamp=_secret("time")), job_id="c"), submission(type=_secret("rtype")),
         dead_letters=[{"field": "options.model"}, {"field": "turns.0.role"}, {"field": "turns.0.timestamp"},
         {"field": "type"}],
         jobs=[{"state": "dead_lettered"}] * 3),
)  # fmt: skip

CASES = (*KINDS, *PLACES)
FORBIDDEN = tuple(
    text.encode()
    for text in (
        *_made, str(_card), PEM.split("\n")[1],
        *(secret for _, secret in SECRETS if "\n" not in secret), *(secret for _, _, secret in SAID if len(secret) > 6),
    )
)  # fmt: skip
"""What must not stand anywhere behind `turns`: all but what is too short to be told from chance."""
