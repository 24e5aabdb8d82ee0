"""Versions of turnlog with one thing wrong, and where something has to happen for the harness to see it.

Much is held twice: a position stands in the group and in the changelog, a repeated result is passed over. So some
mutants are tried twice, too: alone, where the other lock tells, and without it, where only views and ledger can.
"""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from streams.engine import ExitCode
from tests.deployment.production import ROOT, copy_version
from tests.faults.cells import AHEAD_S, Cell
from tests.faults.disturb import Disturb, refuse_records, until_all_fired, wake
from tests.faults.journal import LATE_S


class Edit(NamedTuple):
    """In a file, what stands there once and what instead."""

    file: str
    before: str
    after: str


class Mutant(NamedTuple):
    """`red`: the kinds of evidence of which one has to tell it; none: nothing is wrong with it."""

    name: str
    red: Sequence[str]
    edits: Sequence[Edit]
    cells: Sequence[Cell] = ()
    workers: int = 1
    disturb: Disturb = until_all_fired
    late_s: float = LATE_S


TRANSACTION, STAGE_LANE = "streams/engine/transaction.py", "streams/engine/stage_lane.py"
CURSOR, WRITER_LANE = "streams/engine/cursor.py", "streams/engine/writer_lane.py"
ROUND, EXTRACT, RESOLVE = "streams/extract/round.py", "streams/extract/agents.py", "streams/resolve/window.py"

BEGIN = "            await self._producer.begin_transaction()\n"
COMMIT = "            await self._producer.commit_transaction()\n"
SEND_POSITION = (
    "            await self._producer.send_offsets_to_transaction("
    "{source: (position, pack(note))}, self._spec.app_id)\n"
)
END = '        failpoints.reach("committing")\n        await self._producer.commit_transaction()\n'
POSITION_FIRST = Edit(TRANSACTION, SEND_POSITION, SEND_POSITION + COMMIT + BEGIN)
POSITION_LAST = (
    Edit(TRANSACTION, SEND_POSITION, ""),
    Edit(
        TRANSACTION,
        END,
        "        await self._producer.commit_transaction()\n"
        '        failpoints.reach("committing")\n'
        "        if delivery.reached is not None:\n" + BEGIN + SEND_POSITION + COMMIT,
    ),
)
DISAGREEMENTS = "disagreements(self._order, {source: at.position for source, at in committed.items()}, recorded)"
NO_AGREEMENT = Edit(CURSOR, f"while found := {DISAGREEMENTS}:", "while found := []:")
SEND = "await self._producer.send_batch(batch, topic, partition=partition)"
NOT_AWAITED = Edit(
    TRANSACTION,
    f"            for sent in [{SEND} for batch in batches]:\n                await sent\n",
    f"            for batch in batches:\n                {SEND}\n",
)
NO_FENCE = Edit(
    TRANSACTION,
    'transactional_id=f"{spec.app_id}-{number}",',
    'transactional_id=f"{spec.app_id}-{number}-" + __import__("os").urandom(4).hex(),',
)
FENCE = '        await self._transactions.fence()\n        failpoints.reach("fenced")\n'
RECOVER = (
    "        self._rows = {} if self.spec.tables_dir is None else DiskTable(self.spec.tables_dir)\n"
    "        positions, identity = await recover(\n"
    "            self.settings, self.spec.changelog, self.number, self._rows, progress=self.step\n"
    "        )\n"
    '        failpoints.reach("recovered")\n'
)
A_WHILE = "        await asyncio.sleep(6)\n"
"""In which the one that was stopped wakes."""
RELEASE = "    async def _release(self) -> None:\n"
RELEASED_LATE = Edit(STAGE_LANE, RELEASE, RELEASE + "        await asyncio.sleep(9)\n")
"""The one that wakes comes back to its group when the next owner is at work: until then nobody is asked to let go."""
RECOVERED_LATE = (Edit(STAGE_LANE, FENCE + RECOVER, FENCE + A_WHILE + RECOVER), RELEASED_LATE)
RECOVERED_FIRST = (Edit(STAGE_LANE, FENCE + RECOVER, RECOVER + A_WHILE + FENCE), RELEASED_LATE)
SEEK = "            consumer.seek(source, positions[source])\n"
SEEKS_TOO_FAR = Edit(CURSOR, SEEK, "            consumer.seek(source, positions[source] + (positions[source] > 0))\n")
GAP = "            if before != self.positions[source]:\n"
NO_GAP = Edit(CURSOR, GAP, "            if False:\n")
WRITE = "        with self._stage_code():\n            counts = await self._writer.write(chunk)\n"
COMMIT_POSITION = "        await self._write_note(self._reached_at(chunk, chunk.after))\n"
COMMITS_BEFORE_INSERT = (Edit(WRITER_LANE, COMMIT_POSITION, ""), Edit(WRITER_LANE, WRITE, COMMIT_POSITION + WRITE))
NO_KEY = Edit("infra/clickhouse/migrations/0003_turns.sql", "session_id, turn_id)", "session_id, turn_id, salt)")
SALT = "    version UInt64 COMMENT 'Log offset of the record that wrote this row.'\n"
WITH_SALT = Edit(NO_KEY.file, SALT, SALT.rstrip("\n") + ",\n    salt UInt64 DEFAULT rand64()\n")
RESULTS_COUNT_AGAIN = Edit(RESOLVE, "    if table.has_result(window, extraction_key):\n        return None\n", "")
JOURNAL = "            overlay.changes.update(journal.entry(key, answer))\n"
FINAL = "        answer = self._answers[extraction.key]\n        # a window"
NOT_JOURNALED = Edit(ROUND, JOURNAL, "")
JOURNAL_NOT_READ = Edit(ROUND, "journal.find(self._table, extraction.key)", "None")
JOURNALED_LATE = Edit(
    ROUND,
    FINAL,
    "        answer = self._answers[extraction.key]\n"
    "        if answer.reply.error is None:\n"
    "            overlay.changes.update(journal.entry(extraction.key, answer))\n"
    "        # a window",
)
AHEAD_OF_RESULTS = Edit(
    EXTRACT, "yield Effects(outputs, changes, offsets[first] if first else None, counts)",
    "yield Effects(outputs, changes, chunk.after, counts)",
)  # fmt: skip

STOPPED = Cell("window", "transaction_begun", "stop", nth=3, codes=(ExitCode.FENCED,))
TAKEN_OVER = Cell("window", "recovered", "delay", codes=())
"""Nothing is done to the next owner; it is seen to be there."""
WINDOW = [Cell("window", "position_sent"), Cell("window", "committing", nth=2)]
"""The stage that counts everything it reads: it knows nothing that comes twice."""
COMMITTED = [Cell("window", "committed", nth=2)]
"""Where it ends, a position other than the log's start is known."""
EXTRACTED = [Cell("extract", "committing", nth=2), Cell("extract", "committing", nth=5)]
AHEAD = [Cell("extract", "journal_ahead", seconds=AHEAD_S)]
VERY_LATE_S = 8.0
"""An answer that others wait for is not there at that kill, also on a busy machine."""
INSERTED = [Cell("sink", "rows_made", nth=2), Cell("sink-facts", "rows_made", nth=2)]
ZOMBIE = (STOPPED, TAKEN_OVER)
SOON, LATER = partial(wake, TAKEN_OVER, wait_s=2), partial(wake, TAKEN_OVER, wait_s=5)
REFUSED = partial(refuse_records, "conversations")

MUTANTS = (
    Mutant("nothing wrong, a zombie", (), RECOVERED_LATE, ZOMBIE, 2, SOON),
    Mutant("nothing wrong, records refused", (), [], disturb=REFUSED),
    Mutant("position before the outputs", ["exits"], [POSITION_FIRST], WINDOW),
    Mutant("position before the outputs, no second lock", ["dump"], [POSITION_FIRST, NO_AGREEMENT], WINDOW),
    Mutant("position after the outputs", ["exits"], POSITION_LAST, WINDOW[1:]),
    Mutant("position after the outputs, no second lock", ["dump"], [*POSITION_LAST, NO_AGREEMENT], WINDOW[1:]),
    # transactions that lost their records leave markers, and many markers count as lag
    Mutant("a send not awaited", ["dump", "unrest"], [NOT_AWAITED], disturb=REFUSED),
    Mutant("no fence, a kill", ["exits"], [NO_FENCE], WINDOW),
    Mutant("no fence, a zombie", ["dump"], [NO_FENCE], ZOMBIE, 2, LATER),
    Mutant("recovered first", ["exits"], RECOVERED_FIRST, ZOMBIE, 2, SOON),
    Mutant("recovered first, no second lock", ["dump"], [*RECOVERED_FIRST, NO_AGREEMENT], ZOMBIE, 2, SOON),
    Mutant("a seek too far", ["exits"], [SEEKS_TOO_FAR], COMMITTED),
    Mutant("a seek too far, positions not checked", ["dump"], [SEEKS_TOO_FAR, NO_GAP], COMMITTED),
    Mutant("a sink commits before it inserts", ["dump"], COMMITS_BEFORE_INSERT, INSERTED),
    Mutant("rows without their key", ["dump"], [NO_KEY, WITH_SALT], [Cell("sink", "table_inserted")]),
    Mutant("results come and count twice", ["dump"], [*POSITION_LAST, NO_AGREEMENT, RESULTS_COUNT_AGAIN], EXTRACTED),
    Mutant("answers are not journaled", ["ledger"], [NOT_JOURNALED], AHEAD, late_s=VERY_LATE_S),
    Mutant("the journal is not read", ["ledger"], [JOURNAL_NOT_READ], AHEAD, late_s=VERY_LATE_S),
    Mutant(
        "answers are journaled with their results",
        ["ledger"],
        [NOT_JOURNALED, JOURNALED_LATE],
        AHEAD,
        late_s=VERY_LATE_S,
    ),
    Mutant("the position passes what waits", ["dump"], [AHEAD_OF_RESULTS], AHEAD, late_s=VERY_LATE_S),
)
"""The first ones are to show that nothing but the mutation is told."""


def build(folder: Path, edits: Sequence[Edit]) -> Path:
    """The packages with these edits, in a folder of their own."""
    version = copy_version(folder, {})
    for file, text in edited(edits).items():
        (version / file).write_text(text, encoding="utf-8")
    return version


def edited(edits: Sequence[Edit]) -> dict[str, str]:
    """The files that are not as they were, one edit done after the other. Fails where a text is not found once."""
    texts: dict[str, str] = {}
    for file, before, after in edits:
        text = texts.get(file) or (ROOT / file).read_text(encoding="utf-8")
        assert text.count(before) == 1, f"{file}: {before!r} stands there {text.count(before)} times"
        texts[file] = text.replace(before, after)
    return texts
