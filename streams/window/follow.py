"""What one record of the conversation log does to its conversation's window."""

from collections import Counter
from collections.abc import Sequence

import orjson

from schemas.extraction import ClosedBy
from schemas.topics import jobs_topic
from streams.codec import UnknownEvent
from streams.counts import Name
from streams.headers import headers_of, record_headers, trace_of
from streams.ids import Ids
from streams.ports import Output, SourceRecord
from streams.window import shares
from streams.window.asking import Asking
from streams.window.closing import filled_shares, next_context, window_closed
from streams.window.cut import Limits, closed_by_time
from streams.window.shares import Here, share_of
from streams.window.state import Conversation, Conversations, WindowUnit, next_slot, slots
from streams.window.units import Fields, MeasuredUnit, units_of

_EXTRACTION_OPTIONS = ("infer", "dry_run", "max_facts", "model")


def window_options(submission: Fields) -> Fields:
    """`schemas.extraction.WindowOptions` of a submission, without defaults."""
    sent = submission.get("options", {})
    options = {name: sent[name] for name in _EXTRACTION_OPTIONS if name in sent} if sent else {}
    for name in ("context", "visibility"):
        if name in submission:
            options[name] = submission[name]
    return options


class Follower:
    """Follows the log record by record; `outputs` and `conversations` hold what came of it."""

    def __init__(self, limits: Limits, ids: Ids, generation: int, conversations: Conversations, asking: Asking) -> None:
        self.outputs: list[Output] = []
        self.counts: Counter[tuple[Name, str]] = Counter()
        self._limits = limits
        self._ids = ids
        self._generation = generation
        self._jobs = jobs_topic(generation)
        self._conversations = conversations
        self._asking = asking

    def follow(self, record: SourceRecord) -> None:
        """Raises UnknownEvent for an event of a newer version, and what the parser raises for what is none."""
        event: Fields = orjson.loads(record.value or b"")
        if event.get("version") != 1:
            raise UnknownEvent(f"event {event.get('event')!r} version {event.get('version')!r}")
        here = self._place(record, event)
        head = self._conversations.find(here.conversation)
        if head is not None and head.units:
            self._close_by_time(here, head, event.get("turns", ()))
        match event.get("event"):
            case "SubmissionAccepted":
                self._submit(here, head, event)
            case "SubmissionRefused":
                self._say(here, shares.refused(here, event))
                self.counts["jobs_ended", "dead_lettered"] += 1
            case "JobResubmitted":
                self._say(here, shares.resubmitted(here, event))
            case "FlushRequested":
                self._close(here, head, "flush")
            case "SessionEnded":
                self._close(here, head, "session_ended")
            case "ConversationIdled":
                pass  # it was there for the rules above
            case unknown:
                raise UnknownEvent(f"event {unknown!r} version 1")

    def _place(self, record: SourceRecord, event: Fields) -> Here:
        scope = event["org_id"], event["user_id"], event["session_id"]
        conversation = self._ids.conversation(*scope)
        trace, headers = trace_of(event), headers_of(event)
        told = trace, headers, record_headers(trace, headers)
        return Here(record.key, record.offset, record.timestamp, conversation, *scope, self._generation, *told)

    def _close_by_time(self, here: Here, head: Conversation, turns: Sequence[Fields]) -> None:
        reason = closed_by_time(
            self._limits,
            opened_at=head.opened_at,
            last_at=head.last_at,
            last_said_at=head.last_said_at,
            at=here.at,
            said_at=turns[0]["said_at"] if turns else None,
        )
        if reason is not None:
            self._close(here, head, reason)

    def _submit(self, here: Here, head: Conversation | None, submission: Fields) -> None:
        units = units_of(submission, here.offset, self._limits.tokens)
        if outcome := submission.get("outcome"):
            self.counts["jobs_ended", outcome] += 1
        before, windows = len(self.outputs), 0
        if units:
            if head is None:
                head = self._conversations.create(here.conversation)
            windows = self._add(here, head, submission, units)
        if head is not None and head.units:
            if turns := submission["turns"]:
                head.last_at, head.last_said_at = here.at, turns[-1]["said_at"]
            if submission.get("options", {}).get("flush"):
                self._close(here, head, "flush")
        waits = bool(units) and head is not None and head.units > 0
        accepted = shares.accepted(here, submission, units=len(units), waits=waits, closed_windows=windows - waits)
        self._say(here, accepted, before)

    def _add(self, here: Here, head: Conversation, submission: Fields, units: list[MeasuredUnit]) -> int:
        """Put the units into windows, one by one. Returns how many windows got any, the open one included."""
        options = window_options(submission)
        if head.units and head.options != options:
            self._close(here, head, "options")
        windows, waiting = 0, False
        for before, unit in enumerate(units):
            if head.units and (unit.alone or head.weight + unit.weight > self._limits.tokens):
                self._close(here, head, "long_turn" if unit.alone else "tokens")
            waiting = waiting and head.units > 0
            share = None
            if not waiting:
                windows += 1
                share = share_of(here, submission, total=len(units), windows=windows, before=before)
            placed = WindowUnit(unit.turn_id, unit.piece, unit.tokens, share, unit.content)
            if unit.alone:
                context = self._conversations.turns(here.conversation, head.context)
                self._send(here, [placed], context, options, "long_turn")
                continue
            self._wait(here, head, placed, unit.weight, options)
            waiting = True
        return windows

    def _wait(self, here: Here, head: Conversation, unit: WindowUnit, weight: int, options: Fields) -> None:
        """Let a unit wait in the open window, which may be its first or its last."""
        if not head.units:
            head.opened_at, head.options = here.at, options
        self._conversations.keep(here.conversation, next_slot(head.context, head.units), unit)
        head.units += 1
        head.weight += weight
        if head.units >= self._limits.turns:
            self._close(here, head, "turns")

    def _close(self, here: Here, head: Conversation | None, closed_by: ClosedBy) -> None:
        """Close the open window, if there is one, and forget what the next does not read."""
        if head is None or not head.units:
            return
        numbers = [*head.context, *slots(head.context, head.units)]
        turns = self._conversations.turns(here.conversation, numbers)
        known = len(head.context)
        self._send(here, turns[known:], turns[:known], head.options, closed_by)
        if not head.options.get("dry_run"):
            head.context = next_context([*zip(numbers, turns, strict=True)], self._limits)
        for number in numbers:
            if number not in head.context:
                self._conversations.forget(here.conversation, number)
        head.units = head.weight = head.opened_at = head.last_at = head.last_said_at = 0
        head.options = {}

    def _send(
        self, here: Here, units: list[WindowUnit], context: list[WindowUnit], options: Fields, closed_by: ClosedBy
    ) -> None:
        self.counts["windows_closed", closed_by] += 1
        jobs = filled_shares(units)
        asked = self._asking.fields(options)
        event = window_closed(here, self._ids, units, jobs, context, options, asked, closed_by)
        self.outputs.append(Output(self._asking.topic, here.key, event))
        for filled in jobs:
            if filled.completes:
                share = filled.share
                headers = record_headers(share.trace_id, share.headers)
                self.outputs.append(Output(self._jobs, here.key, shares.processing(here, share), headers))

    def _say(self, here: Here, event: bytes, place: int | None = None) -> None:
        """Tell of a job, with the headers of the record in the log that it is about; `place`: among the outputs."""
        output = Output(self._jobs, here.key, event, here.record_headers)
        self.outputs.insert(len(self.outputs) if place is None else place, output)
