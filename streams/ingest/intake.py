"""One chunk through ingest: each record to the log, to its own partition, or to the dead letters.

Some records are read at a time (receive.py), then decided about one by one.

Decides from the records and the table alone. Refusals are met here; any other exception is ours and ends the process.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from schemas.event import Event
from schemas.log import SubmissionAccepted, SubmissionRefused
from streams import codec
from streams.counts import Name
from streams.errors import IdempotencyConflict, Internal, PermanentError, TurnConflict
from streams.ids import Ids
from streams.ingest.accepted import Decision, Kind, accepted, accepted_new, noted, outcome_of
from streams.ingest.conversations import NAME, TICKS, Conversation, head_key, unpack
from streams.ingest.counts import Tally, count_accepted
from streams.ingest.decode import DEFAULT_SESSION, Policy, ReadControl, ReadSubmission, is_bare, read_object
from streams.ingest.dedup import Indexes, Sorted, entry_of_job, find, sort_turns
from streams.ingest.headers import read_headers, redact_headers, traced
from streams.ingest.identity import Identity, is_computed_form
from streams.ingest.jobs import Jobs, KnownJob
from streams.ingest.ordinary import new_turns
from streams.ingest.receive import Received, are_clean, receive
from streams.ingest.redact import redact_id, redact_submission
from streams.ingest.refused import Names, dead_letter, names_in
from streams.ingest.rekey import Origin, Places, Scope, origin_of, rekey
from streams.ingest.seal import Seal
from streams.ingest.ticks import Quiet, first_due
from streams.ingest.times import arrival
from streams.internal import told
from streams.overlay import Overlay
from streams.ports import Crashes, Effects, Output, SourceRecord, State

LOG = SubmissionAccepted.topic


class Lane(NamedTuple):
    """What stays the same from chunk to chunk. `indexes` and `quiet` are derived from the lane's table."""

    ids: Ids
    places: Places
    seal: Seal
    policy: Policy
    gap: int
    keep_bytes: bool
    indexes: Indexes
    quiet: Quiet


class Submitted(NamedTuple):
    """A submission in hand: what was sent, by and to whom, and which it is."""

    sent: ReadSubmission
    scope: Scope
    received: Received
    clean: bool
    """No text of it holds a secret."""
    conversation: Conversation
    identity: Identity


class Intake:
    """The work on one chunk: `take` each record in order, then `effects`."""

    def __init__(self, lane: Lane, state: State) -> None:
        self._lane = lane
        self._table = Overlay(state)
        self._jobs = Jobs(lane.ids, self._table)
        self._heads: dict[bytes, Conversation] = {}
        self._changed: dict[bytes, Conversation] = {}
        self._outputs: list[Output] = []
        self._tallies: list[Tally] = []
        self._counts: Counter[tuple[Name, str]] = Counter()

    def take(self, records: Sequence[SourceRecord]) -> None:
        """Read some records, then decide about one after the other. Never raises for what a publisher may send."""
        _, places, seal, policy, *_ = self._lane
        group = [receive(record, seal, places, policy) for record in records]
        clean = are_clean(group)
        for received in group:
            try:
                self._decide(received, clean)
            except PermanentError as error:
                self._counts["submissions_refused", error.code] += 1
                self._refuse(error, names_in(received.fields, received.scope), received.origin)

    def give_up(self, record: SourceRecord, crashes: Crashes) -> None:
        """Refuse a record at which we crashed, with its names where they can be read. On another partition than its
        scope's its job is not known, and not touched."""
        origin = origin_of(record, self._lane.seal)
        names = Names()
        try:
            fields = read_object(origin.value)
            scope = self._lane.places.scope_of(fields)
            names = names_in(fields, scope)
            if scope and scope.partition != record.partition:
                names = names._replace(job_id=None)
        except PermanentError:
            pass  # what cannot be read has no names
        error = Internal(told("ingest", crashes))
        self._counts["submissions_refused", error.code] += 1
        self._refuse(error, names, origin, crashes=crashes.number)

    def effects(self) -> Effects:
        """What the records taken so far make durable."""
        for key, conversation in self._changed.items():
            self._table.put(key, conversation.pack())
        return Effects(self._outputs, self._table.changes, counts={**count_accepted(self._tallies), **self._counts})

    def _decide(self, received: Received, clean: bool) -> None:
        record, origin, _, scope, sent, _ = received
        if isinstance(sent, PermanentError):
            raise sent
        assert scope is not None
        if sent is None:
            self._outputs.append(rekey(record, scope, self._lane.seal))
            self._counts["rekeyed", ""] += 1
            return
        if isinstance(sent, ReadControl):
            self._control(sent, received, scope, clean)
            return
        digest = self._lane.places.conversation(scope.org_id, scope.user_id, sent.session_id)
        conversation = self._find(digest)
        if conversation is None:
            session_id = sent.session_id if clean else redact_id(self._lane.ids, sent.session_id, Counter())
            conversation = self._heads[digest] = Conversation(digest, scope.key, session_id.encode())
        if clean and sent.job_id is None and is_bare(sent) and self._accept_new(sent, scope, received, conversation):
            return
        identity = Identity(self._lane.ids, digest, sent, origin)
        self._submit(Submitted(sent, scope, received, clean, conversation, identity))

    def _accept_new(self, sent: ReadSubmission, scope: Scope, received: Received, conversation: Conversation) -> bool:
        """`_submit` for turns and ids alone, the short way, if it goes: else nothing was done."""
        origin, headers = received.origin, received.headers
        found = new_turns(sent.turns, origin, conversation, self._lane.ids, self._table, self._lane.indexes)
        if found is None:
            return False
        new, entries, job_id, weak = found
        if weak or origin.rekeyed:
            decision = Decision(job_id, 1, new, 0, 0, weak, None, None)
            event = accepted(scope, sent, decision, origin, traced(headers, origin), {})
        else:
            event = accepted_new(scope, sent, new, job_id, origin, traced(headers, origin))
        self._outputs.append(Output(LOG, scope.key, event))
        self._tallies.append((len(new), 0, 0, weak))
        conversation.remember(entries + entry_of_job(job_id), self._table)
        self._expect_quiet(conversation, received.record)
        return True

    def _submit(self, submitted: Submitted) -> None:
        sent, scope, identity = submitted.sent, submitted.scope, submitted.identity
        known = None if sent.job_id is None else self._known_job(scope, sent.session_id, sent.job_id)
        if known and not known.refused:
            self._resubmit(submitted, known)
            return
        turns = sort_turns(identity.turns, submitted.conversation, self._table, self._lane.indexes)
        # a computed job that ran has left none of its turns new, unless it was a dry run: only then look for it
        if sent.job_id is None and (not turns.new or sent.options.dry_run):
            known = self._known_job(scope, sent.session_id, identity.computed_job_id)
            if known and not known.refused:
                self._resubmit(submitted, known)
                return
        self._accept(submitted, turns, attempt=known.attempt + 1 if known else 1)

    def _known_job(self, scope: Scope, session_id: str, job_id: str) -> KnownJob | None:
        """A job met before. A computed one is but an entry of its conversation until it is sent again."""
        known = self._jobs.get(scope.digest, job_id)
        if known or not is_computed_form(job_id):
            return known
        conversation = self._find(self._lane.places.conversation(scope.org_id, scope.user_id, session_id))
        entry = entry_of_job(job_id)
        if conversation and find(entry[:NAME], conversation, self._table, self._lane.indexes) == entry[NAME:]:
            return KnownJob(refused=False, attempt=1, resubmissions=0)
        return None

    def _resubmit(self, submitted: Submitted, known: KnownJob) -> None:
        """The same job again, or a refusal where it says something else now."""
        sent, scope, identity = submitted.sent, submitted.scope, submitted.identity
        if identity.fingerprint != known.fingerprint and identity.job_id != identity.computed_job_id:
            raise IdempotencyConflict("was used before with other turns or options", field="job_id")
        known = known._replace(resubmissions=known.resubmissions + 1)
        (session_id, job_id), headers, redactions = self._written(
            (sent.session_id, identity.job_id), submitted.received, submitted.clean
        )
        self._jobs.put(scope.digest, identity.job_id, known)
        self._counts["submissions_resubmitted", ""] += 1
        fields = {"job_id": job_id} | ({"attempt": known.attempt} if known.attempt != 1 else {})
        fields |= {"resubmissions": known.resubmissions, "turns_in": len(sent.turns)}
        event = noted(
            "JobResubmitted",
            scope,
            session_id,
            fields,
            submitted.received.origin,
            headers,
            redactions,
            sent.unknown_fields,
        )
        self._outputs.append(Output(LOG, scope.key, event))

    def _accept(self, submitted: Submitted, turns: Sorted, attempt: int) -> None:
        sent, scope, origin, identity = submitted.sent, submitted.scope, submitted.received.origin, submitted.identity
        outcome, reason = outcome_of(sent, turns.new, len(turns.conflicting))
        cleaned, headers, redactions = self._redact(submitted)
        job_id = cleaned.job_id or identity.computed_job_id
        decision = Decision(
            job_id, attempt, turns.new, turns.duplicate, len(turns.conflicting), identity.weak, outcome, reason
        )
        event = accepted(scope, cleaned, decision, origin, headers, redactions)
        self._outputs.append(Output(LOG, scope.key, event))
        self._tallies.append((len(turns.new), turns.duplicate, len(turns.conflicting), identity.weak))
        if sent.unknown_fields:
            self._counts["unknown_fields", ""] += sent.unknown_fields
        self._remember(submitted, turns, attempt)
        if outcome is None or (turns.new and submitted.conversation.ticks < TICKS):
            # window measures the gap from any new turn, extractable or not
            self._expect_quiet(submitted.conversation, submitted.received.record, closes=sent.options.flush)
        if turns.conflicting:
            self._report_conflicts(submitted, turns.conflicting, attempt)

    def _redact(self, submitted: Submitted) -> tuple[ReadSubmission, Mapping[str, str], Mapping[str, int]]:
        """The submission and its headers without secrets, and how many of each kind there were."""
        sent, origin, received_headers = submitted.sent, submitted.received.origin, submitted.received.headers
        if submitted.clean:
            return sent, traced(received_headers, origin), {}
        found: Counter[str] = Counter()
        cleaned = redact_submission(self._lane.ids, sent, found)
        headers = redact_headers(received_headers, origin, found)
        self._count_redactions(found)
        return cleaned, headers, dict(sorted(found.items()))

    def _written(
        self, ids: Sequence[str], received: Received, clean: bool
    ) -> tuple[Sequence[str], Mapping[str, str], Mapping[str, int]]:
        """The same for ids and headers alone."""
        origin, headers = received.origin, received.headers
        if clean:
            return ids, traced(headers, origin), {}
        found: Counter[str] = Counter()
        written = [redact_id(self._lane.ids, sent, found) for sent in ids]
        redacted = redact_headers(headers, origin, found)
        self._count_redactions(found)
        return written, redacted, dict(sorted(found.items()))

    def _remember(self, submitted: Submitted, turns: Sorted, attempt: int) -> None:
        """The turns, unless nothing but what-if was asked for, and the job in any case."""
        sent, conversation = submitted.sent, submitted.conversation
        entries = b"" if sent.options.dry_run else turns.entries
        if sent.job_id is None:
            entries += entry_of_job(submitted.identity.computed_job_id)
        else:
            known = KnownJob(False, attempt, 0, submitted.identity.fingerprint)
            self._jobs.put(submitted.scope.digest, sent.job_id, known)
        if entries:
            conversation.remember(entries, self._table)
            self._change(conversation)

    def _expect_quiet(self, conversation: Conversation, record: SourceRecord, *, closes: bool = False) -> None:
        """New turns wait in a window: the idle ticks begin anew, unless it `closes` at once."""
        conversation.ticks = TICKS if closes else 0
        conversation.due = first_due(arrival(record.timestamp), self._lane.gap)
        self._change(conversation)
        self._lane.quiet.touch(conversation.key)

    def _report_conflicts(self, submitted: Submitted, places: list[int], attempt: int) -> None:
        listed = ", ".join(map(str, places))
        error = TurnConflict(f"turns {listed}: the event id is known with another role, name or text; the first stays")
        names = Names("turns", submitted.scope, submitted.sent.session_id, submitted.identity.job_id)
        turn_ids = [submitted.identity.turns[place].turn_id for place in places]
        written = names.written(self._lane.ids, Counter())  # counted where the submission was accepted
        self._bury(error, written, submitted.received.origin, attempt=attempt, turn_ids=turn_ids)

    def _control(self, sent: ReadControl, received: Received, scope: Scope, clean: bool) -> None:
        (session_id,), headers, redactions = self._written((sent.session_id,), received, clean)
        kind: Kind = "SessionEnded" if sent.type == "session_ended" else "FlushRequested"
        event = noted(kind, scope, session_id, {}, received.origin, headers, redactions, sent.unknown_fields)
        self._outputs.append(Output(LOG, scope.key, event))
        conversation = self._find(self._lane.places.conversation(scope.org_id, scope.user_id, sent.session_id))
        if conversation and conversation.ticks < TICKS:
            conversation.ticks = TICKS  # the window closes at this record
            self._change(conversation)

    def _refuse(self, error: PermanentError, names: Names, origin: Origin, crashes: int = 0) -> None:
        """A dead letter; and where it names a job that is not known, or was refused before, that job's (next) end."""
        known = attempt = None
        found: Counter[str] = Counter()
        written = names.written(self._lane.ids, found)
        if names.scope and names.job_id:
            known = self._known_job(names.scope, names.session_id or DEFAULT_SESSION, names.job_id)
            if known is None or known.refused:
                attempt = known.attempt + 1 if known else 1
                self._jobs.put(names.scope.digest, names.job_id, KnownJob(True, attempt, resubmissions=0))
                self._log_refusal(error, names.scope, written, origin, read_headers(origin, found), attempt)
        self._count_redactions(found)
        self._bury(error, written, origin, attempt=crashes or attempt or (known.attempt if known else 1))

    def _log_refusal(
        self,
        error: PermanentError,
        scope: Scope,
        written: Names,
        origin: Origin,
        headers: dict[str, str],
        attempt: int,
    ) -> None:
        self._log_event(
            scope,
            SubmissionRefused(
                org_id=scope.org_id,
                user_id=scope.user_id,
                session_id=written.session_id or DEFAULT_SESSION,
                job_id=written.job_id or "",
                attempt=attempt,
                code=error.code,
                message=str(error),
                headers=headers,
                source=origin.coordinate(),
            ),
        )

    def _bury(
        self,
        error: PermanentError,
        written: Names,
        origin: Origin,
        *,
        attempt: int,
        turn_ids: Sequence[str] = (),
    ) -> None:
        letter = dead_letter(error, origin, written, kept=self._lane.keep_bytes, attempt=attempt, turn_ids=turn_ids)
        self._outputs.append(letter)
        self._counts["dead_letters", error.code] += 1

    def _count_redactions(self, found: Mapping[str, int]) -> None:
        for kind, number in found.items():
            self._counts["redactions", kind] += number

    def _log_event(self, scope: Scope, event: Event) -> None:
        self._outputs.append(Output(LOG, scope.key, codec.encode(event)))

    def _find(self, digest: bytes) -> Conversation | None:
        """The conversation as this chunk left it, else as the table has it."""
        conversation = self._heads.get(digest)
        if conversation is None and (value := self._table.get(head_key(digest))) is not None:
            conversation = self._heads[digest] = unpack(digest, value)
        return conversation

    def _change(self, conversation: Conversation) -> None:
        self._changed[conversation.key] = conversation
