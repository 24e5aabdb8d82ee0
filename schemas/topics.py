"""Every topic: its name, key, events, retention and sizes. `turnlog topics ensure` makes and checks them from here."""

from collections.abc import Mapping
from typing import Literal, NamedTuple

MIB = 1 << 20
FOR_EVER = "-1"
A_WEEK = str(7 * 24 * 3600 * 1000)
STAGES_WITH_TABLE = ("ingest", "window", "extract", "resolve")
GENERATION_STAGES = ("window", "resolve")


class Topic(NamedTuple):
    """One topic as it must be. All have the same number of partitions and, but for dead letters, the scope as key."""

    name: str
    events: tuple[str, ...]
    config: Mapping[str, str]
    purpose: str
    ours: bool = True
    """False: it belongs to the publishers; made if missing, never changed, only its partitions are checked."""


def changelog(stage: str, generation: int) -> str:
    """The changelog of a stage's table."""
    return f"{app_id(stage, generation)}-changelog"


def app_id(stage: str, generation: int) -> str:
    """Consumer group and transactional id prefix of a stage; window and resolve belong to a generation."""
    return f"turnlog-{stage}.g{generation}" if stage in (*GENERATION_STAGES, "sink-facts") else f"turnlog-{stage}"


def facts_topic(generation: int) -> str:
    return f"facts.g{generation}"


def jobs_topic(generation: int) -> str:
    return f"jobs.g{generation}"


def _config(policy: Literal["delete", "compact"], max_bytes: int, **more: str) -> dict[str, str]:
    config = {"cleanup.policy": policy, "max.message.bytes": str(max_bytes)}
    if policy == "delete":
        config["retention.ms"] = FOR_EVER
    return config | {name.replace("_", "."): value for name, value in more.items()}


def registry(generation: int, turns: str = "turns") -> tuple[Topic, ...]:
    """All topics of one generation, the shared ones included, in flow order. `turns`: the publishers' topic."""
    log = _config("delete", 4 * MIB, message_timestamp_type="LogAppendTime")
    detour = _config("delete", 4 * MIB, retention_ms=A_WEEK)  # what publishers sent, sealed
    plain, changes = _config("delete", 4 * MIB), _config("compact", 4 * MIB)
    logged = (
        "SubmissionAccepted",
        "JobResubmitted",
        "SubmissionRefused",
        "SessionEnded",
        "FlushRequested",
        "ConversationIdled",
    )
    return (
        Topic(turns, ("Submission", "Control"), _config("delete", 2 * MIB), "what publishers send", ours=False),
        Topic("ingest-rekeyed", ("Submission", "Control"), detour, "records that came with another key or partition"),
        Topic("conversations", logged, log, "the conversation log"),
        Topic("extractions", ("WindowClosed",), plain, "windows to extract"),
        Topic("extractions-backfill", ("WindowClosed",), plain, "windows of a generation that is catching up"),
        Topic("results", ("WindowExtracted",), plain, "what was found in them"),
        Topic("dead-letters", (), plain, "records that could not be processed, with the reason"),
        Topic(facts_topic(generation), ("FactRecorded", "WindowResolved"), plain, "facts"),
        Topic(jobs_topic(generation), ("JobChanged",), plain, "what happened to jobs"),
        *(Topic(changelog(stage, generation), (), changes, f"the table of {stage}") for stage in STAGES_WITH_TABLE),
    )
