"""The delivery core: runs a stage so that every chunk's effects become durable exactly once, or never.

    run        worker.py       one stage, from start to exit code
    app_for    app.py          the stage as a Faust app; membership.py holds what is overridden in Faust
    Lane       lane.py         one per partition number: stage_lane.py (transactions),
                               and, outside Kafka, one for each of its sources: writer_lane.py
               cursor.py       pulls chunks whose positions join; offsets.py asks for and commits positions
               batch_reading.py  records, headers of any name
               transaction.py  outputs + changelog + source offset; batches.py
               note.py         what stands beside an offset: records that may have crashed the worker; door.py
               recovery.py     the table, back from its changelog; disk_table.py where it does not fit into memory
               topics.py       refuses topics that are missing or of another size
               watchdog.py, standstill.py, vitals.py, exits.py, report.py

The only place that knows the insides of Faust and aiokafka, which are pinned exactly.
"""

from streams.engine.app import app_for
from streams.engine.disk_table import make_room
from streams.engine.exits import EngineError, ExitCode
from streams.engine.lane import Commit, OnCommit
from streams.engine.settings import EngineSettings
from streams.engine.spec import StageSpec
from streams.engine.vitals import TakeVitals, Vitals
from streams.engine.worker import run

__all__ = [
    "Commit",
    "EngineError",
    "EngineSettings",
    "ExitCode",
    "OnCommit",
    "StageSpec",
    "TakeVitals",
    "Vitals",
    "app_for",
    "make_room",
    "run",
]
