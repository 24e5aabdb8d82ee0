"""Jobs met before: those with an id of the caller's, those refused, and how often any was sent again.

A record of 25 bytes per job, kept for good. A job whose id we computed needs one only once it was sent again: that it
is known is an entry of its conversation.
"""

from struct import Struct
from typing import Final, NamedTuple

from streams.ids import Ids
from streams.overlay import Overlay

_FORM: Final = Struct(">?II16s")


class KnownJob(NamedTuple):
    """`refused`: the last attempt ended as a dead letter, so that the job may be sent again, whatever it says then."""

    refused: bool
    attempt: int
    resubmissions: int
    fingerprint: bytes = bytes(16)


class Jobs:
    """The jobs of all scopes in the table."""

    def __init__(self, ids: Ids, table: Overlay) -> None:
        self._ids = ids
        self._table = table

    def get(self, scope: bytes, job_id: str) -> KnownJob | None:
        value = self._table.get(self._key(scope, job_id))
        return None if value is None else KnownJob(*_FORM.unpack(value))

    def put(self, scope: bytes, job_id: str, job: KnownJob) -> None:
        self._table.put(self._key(scope, job_id), _FORM.pack(*job))

    def _key(self, scope: bytes, job_id: str) -> bytes:
        """A job's id is unique in its scope."""
        return b"j" + self._ids.digest("ingest-job", scope, job_id)
