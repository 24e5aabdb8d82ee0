"""Every topic: its name, key, events, retention and sizes. `turnlog topics ensure` makes and checks them from here."""

import re
from collections.abc import Iterable, Mapping
from typing import Literal, NamedTuple

MIB = 1 << 20
FOR_EVER = "-1"
A_WEEK = str(7 * 24 * 3600 * 1000)
STAGES_WITH_TABLE = ("ingest", "window", "extract", "resolve")
GENERATION_STAGES = ("window", "resolve", "sink-facts")
"""The stages that each generation runs for itself; the others serve all."""
BACKFILL = "extractions-backfill"
"""Where the windows of a generation that is catching up wait."""


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
    """Consumer group and transactional id prefix of a stage; some belong to a generation."""
    return f"turnlog-{stage}.g{generation}" if stage in GENERATION_STAGES else f"turnlog-{stage}"


def facts_topic(generation: int) -> str:
    return f"facts.g{generation}"


def jobs_topic(generation: int) -> str:
    return f"jobs.g{generation}"


def topics_of(generation: int) -> tuple[str, ...]:
    """The topics that a generation has for itself, in the order in which they are deleted."""
    tables = (changelog(stage, generation) for stage in GENERATION_STAGES if stage in STAGES_WITH_TABLE)
    return facts_topic(generation), jobs_topic(generation), *tables


def generations_among(topics: Iterable[str]) -> set[int]:
    """The generations that have a topic among these."""
    forms = [re.escape(topic).replace("7", r"(\d+)") for topic in topics_of(7)]
    return {int(found[1]) for topic in topics for form in forms if (found := re.fullmatch(form, topic))}


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
        Topic("extractions", ("WindowClosed", "GenerationDropped"), plain, "windows to extract"),
        Topic(BACKFILL, ("WindowClosed", "GenerationDropped"), plain, "windows of a generation that is catching up"),
        Topic("results", ("WindowExtracted", "GenerationDropped"), plain, "what was found in them"),
        Topic("dead-letters", (), plain, "records that could not be processed, with the reason"),
        Topic(facts_topic(generation), ("FactRecorded", "WindowResolved"), plain, "facts"),
        Topic(jobs_topic(generation), ("JobChanged",), plain, "what happened to jobs"),
        *(Topic(changelog(stage, generation), (), changes, f"the table of {stage}") for stage in STAGES_WITH_TABLE),
    )
