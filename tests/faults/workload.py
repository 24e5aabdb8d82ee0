"""Seeded conversations with everything that publishers do: what runs are compared over.

Turns go on, come again one by one or with the whole transcript, come late, contradict themselves; jobs span windows and
windows hold several jobs; sessions end, windows are flushed, hours pass; records are mis-keyed, malformed or invalid.

Two runs of these records end in the same views, however fast they are and whatever is killed, because
- every record has a key, and a scope's records all have the same one, so that Kafka keeps their order;
- every turn has an event id or a time of its own, so that nothing is identified by where or when it arrived;
- a window closes by what its records say: size, flush, an ended session, other options, or a gap between the turns' own
  times, which is longer (`GAP_S`) than a run lasts. So the same gap between append times, and idle ticks, never occur.
"""

import base64
import random
from typing import Any, NamedTuple

import orjson

from streams.ids import scope_key

START, MINUTE, HOUR = 1_700_000_000_000, 60_000, 3_600_000
GAP_S = 4 * 3_600
ORG = "acme"
ASTRAY = 5
"""Of so many people one has all records under a wrong key: turnlog moves them, and their order is certain."""
LONG = 6
"""Of so many records one belongs to the one conversation that never ends: what is known of it fills segments."""
CITIES = ("Berlin", "Oslo", "Lisbon", "Turin", "Ghent", "Porto", "Graz", "Lyon")
THINGS = ("pasta", "hiking", "jazz", "green tea", "chess", "old maps", "rye bread", "swimming")
TALK = ("How was your day?", "That sounds good.", "Let me think about it.", "Did you see the news?", "Thanks a lot!")
KINDS = {
    "say": 50, "say_much": 4, "again": 7, "transcript": 6, "late": 4, "contradict": 5, "other_job": 3, "by_time": 5,
    "pause": 5, "session_ended": 2, "flush": 2, "malformed": 3, "invalid": 3, "dry_run": 1,
}  # fmt: skip
"""How often each kind of record comes."""


class Sent(NamedTuple):
    """A record as a publisher sends it."""

    key: bytes
    value: bytes
    headers: tuple[tuple[str, str], ...] = ()


class Talk:
    """One conversation while it is made up."""

    def __init__(self, user: str, session: str, key: bytes, start: int) -> None:
        self.who = {"org_id": ORG, "user_id": user, "session_id": session}
        self.key, self.clock, self.spoken, self.ended = key, start, 0, True
        self.turns: list[dict[str, Any]] = []
        self.sent: list[Sent] = []
        self.jobs: list[str] = []

    def send(self, **fields: Any) -> Sent:
        headers = (("correlation-id", f"c{len(self.sent)}"),) if len(self.sent) % 5 == 0 else ()
        return Sent(self.key, orjson.dumps(self.who | fields), headers)


def records(number: int, *, seed: int) -> list[Sent]:
    """So many records, and a `session_ended` for every conversation that is open at the end."""
    draw = random.Random(seed)
    talks = [_talk(draw, user, session) for user in range(max(10, number // 60)) for session in range(2)]
    made = []
    for _ in range(number):
        talk = talks[0] if draw.randrange(LONG) == 0 else draw.choice(talks)
        made.append(_record(draw, talk))
    return made + [talk.send(type="session_ended") for talk in talks if not talk.ended]


def _talk(draw: random.Random, user: int, session: int) -> Talk:
    name = f"user-{user}"
    key = f"astray {user}".encode() if user % ASTRAY == ASTRAY - 1 else scope_key(ORG, name)
    return Talk(name, f"s{session}", key, START + draw.randrange(300 * 24 * HOUR))


def _record(draw: random.Random, talk: Talk) -> Sent:
    (kind,) = draw.choices([*KINDS], weights=[*KINDS.values()])
    if not talk.sent and kind in ("again", "transcript", "contradict"):
        kind = "say"
    if (kind == "other_job" and not talk.jobs) or (kind == "contradict" and not talk.turns):
        kind = "say"
    match kind:
        case "again":
            return draw.choice(talk.sent)
        case "session_ended" | "flush":
            talk.ended = kind == "session_ended"
            return talk.send(type=kind)
        case "malformed":
            return Sent(talk.key, orjson.dumps(talk.who)[:-1] + f', "turns": {draw.randrange(10**6)}'.encode())
        case "invalid":
            return talk.send(turns=[{"role": "oracle", "text": "Beware."}], number=draw.randrange(10**6))
        case "pause":
            talk.clock += (5 + draw.randrange(40)) * HOUR
    talk.ended = False
    sent = talk.send(**_submission(draw, talk, kind))
    if kind != "other_job":
        talk.sent.append(sent)
    return sent


def _submission(draw: random.Random, talk: Talk, kind: str) -> dict[str, Any]:
    new = [_turn(draw, talk, by_time=kind == "by_time") for _ in range(_size(draw, kind))]
    fields: dict[str, Any] = {}
    if kind == "dry_run":  # its turns are not kept, and never spoken of again
        return {"turns": new, "options": {"dry_run": True}}
    if kind == "late":
        new[0]["timestamp"] -= 30 * MINUTE
    if kind == "other_job":  # known by another list of turns: refused whole
        return {"turns": new, "job_id": draw.choice(talk.jobs)}
    before = talk.turns[-3:] if kind == "transcript" else []
    if kind == "contradict":
        before = [draw.choice(talk.turns) | {"text": f"Something else, {draw.randrange(10**6)}."}]
    talk.turns += new
    if draw.randrange(4) == 0:
        fields = _labels(draw, talk)
    return {"turns": [*before, *new], **fields}


def _size(draw: random.Random, kind: str) -> int:
    return draw.randrange(8, 15) if kind == "say_much" else draw.randrange(1, 4)


def _labels(draw: random.Random, talk: Talk) -> dict[str, Any]:
    options = draw.choice(
        ({}, {}, {"flush": True}, {"infer": False}, {"write_passive": False}, {"max_facts": 3}, {"write_active": False})
    )
    labels: dict[str, Any] = {"title": f"About {draw.choice(THINGS)}", "tags": [draw.choice(CITIES)]}
    labels["metadata"] = {"year": draw.randrange(2000, 2030), "ratio": draw.random()}
    if draw.randrange(2):
        labels["job_id"] = f"{talk.who['session_id']}-job-{len(talk.jobs)}"
        talk.jobs.append(labels["job_id"])
    return labels | ({"options": options} if options else {})


def _turn(draw: random.Random, talk: Talk, *, by_time: bool) -> dict[str, Any]:
    talk.clock += MINUTE + draw.randrange(MINUTE)
    talk.spoken += 1
    turn: dict[str, Any] = {
        "role": draw.choice(("user", "user", "assistant")),
        "text": _text(draw),
        "timestamp": talk.clock,
    }
    if not by_time:
        turn["event_id"] = f"e{talk.spoken}"
    if draw.randrange(20) == 0:
        turn["observations"] = [{"content": f"Owns {draw.choice(THINGS)}.", "type": "fact"}]
    return turn


def _text(draw: random.Random) -> str:
    match draw.randrange(8):
        case 0:
            return f"I live in {draw.choice(CITIES)}."
        case 1:
            return f"I like {draw.choice(THINGS)}."
        case _:
            return f"{draw.choice(TALK)} {draw.choice(TALK)} ({draw.randrange(10**6)})"


def as_line(sent: Sent) -> bytes:
    """The record as a line that `turnlog publish` reads."""
    encoded: dict[str, Any] = {"raw_b64": base64.b64encode(sent.value).decode()}
    encoded["key_b64"] = base64.b64encode(sent.key).decode()
    if sent.headers:
        encoded["headers"] = dict(sent.headers)
    return orjson.dumps(encoded) + b"\n"
