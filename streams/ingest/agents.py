"""The stage ingest as the engine runs it: chunks to what they make durable, and idle ticks in between."""

from collections.abc import Callable

from schemas.log import ConversationIdled
from streams import codec
from streams.ids import Ids, parse_scope_key
from streams.ingest.conversations import Conversation, unpack
from streams.ingest.decode import Policy
from streams.ingest.dedup import Indexes
from streams.ingest.intake import LOG, Intake, Lane
from streams.ingest.receive import together
from streams.ingest.rekey import Places
from streams.ingest.seal import Seal
from streams.ingest.ticks import Quiet, next_due
from streams.ports import Chunk, Crashes, Effects, Output, SourceRecord, State
from streams.settings import Settings


class Ingest:
    """One lane of the stage."""

    tick_every = 1.0

    def __init__(self, lane: Lane) -> None:
        self._lane = lane

    def process(self, chunk: Chunk, state: State) -> Effects:
        """The records of a chunk of `turns` or `ingest-rekeyed`. Pure: a chunk may be cut anywhere."""
        intake = Intake(self._lane, state)
        for records in together(chunk.records):
            intake.take(records)
        return intake.effects()

    def give_up(self, record: SourceRecord, state: State, crashes: Crashes) -> Effects:
        """The record is refused: with its job, as far as that can be read."""
        intake = Intake(self._lane, state)
        intake.give_up(record, crashes)
        return intake.effects()

    def tick(self, now: int, state: State) -> Effects:
        """The idle ticks that are due, a bounded number; the next call has the rest."""
        outputs: list[Output] = []
        changes: dict[bytes, bytes] = {}
        for key in self._lane.quiet.due(now, state):
            conversation = unpack(key[1:], state[key])
            conversation.ticks += 1
            conversation.due = next_due(now, conversation.ticks, self._lane.gap)
            outputs.append(Output(LOG, conversation.scope_key, _idled(conversation)))
            changes[key] = conversation.pack()
            self._lane.quiet.touch(key)
        return Effects(outputs, changes, counts={("idle_ticks", ""): len(outputs)} if outputs else {})


def _idled(conversation: Conversation) -> bytes:
    org_id, user_id = parse_scope_key(conversation.scope_key)
    return codec.encode(
        ConversationIdled(
            org_id=org_id, user_id=user_id, session_id=conversation.session_id.decode(), tick=conversation.ticks
        )
    )


def build(settings: Settings) -> Callable[[int, State], Ingest]:
    """What makes a lane of this stage, anew for every assignment."""
    ids = Ids(settings.hash_key)
    places = Places(ids, settings.partitions)
    policy = Policy(settings.shared_visibility_orgs, settings.models)
    gap = settings.window.gap_s * 1000

    def build_lane(partition: int, state: State) -> Ingest:
        return Ingest(Lane(ids, places, Seal(ids), policy, gap, settings.keep_dead_letter_bytes, Indexes(), Quiet(gap)))

    return build_lane
