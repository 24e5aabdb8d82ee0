"""`schemas.job.JobChanged` as it is written, without its model.

Window and resolve tell two or three for nearly every turn; going through the model costs several times as much.
"""

from typing import Any, Protocol

from schemas.job import Part, State


class Of(Protocol):
    """Something of a conversation and a generation."""

    @property
    def org_id(self) -> str: ...
    @property
    def user_id(self) -> str: ...
    @property
    def generation(self) -> int: ...
    @property
    def session_id(self) -> str: ...


def job_event(of: Of, job_id: str, attempt: int, *, part: Part, revision: int, state: State, at: int) -> dict[str, Any]:
    """The fields that every one has; others follow, but for those that hold their default."""
    event = {
        "event": "JobChanged",
        "version": 1,
        "org_id": of.org_id,
        "user_id": of.user_id,
        "generation": of.generation,
        "session_id": of.session_id,
        "job_id": job_id,
        "part": part,
        "revision": revision,
        "state": state,
        "at": at,
    }
    if attempt != 1:
        event["attempt"] = attempt
    return event
