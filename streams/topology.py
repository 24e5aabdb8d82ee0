"""The stages in flow order, as a value, and how one becomes a running worker."""

from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import NamedTuple, NoReturn

from schemas.dead_letter import TOPIC as DEAD_LETTERS
from schemas.topics import BACKFILL, GENERATION_STAGES, app_id, changelog, facts_topic, jobs_topic
from streams.adapters.kafka_security import client_security
from streams.engine import EngineSettings, StageSpec, run
from streams.ids import Ids
from streams.internal import burial
from streams.ports import Processor, State, Writer
from streams.settings import Settings


class Stage(NamedTuple):
    """A stage's place in the flow. `{generation}` in a topic's name is filled in when the stage is built."""

    name: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    purpose: str

    @property
    def has_table(self) -> bool:
        return bool(self.writes)


STAGES = (
    Stage(
        "ingest",
        ("{turns}", "ingest-rekeyed"),
        ("conversations", "ingest-rekeyed", "dead-letters"),
        "validates, redacts, identifies and deduplicates turns; writes the conversation log",
    ),
    Stage(
        "window",
        ("conversations",),
        ("extractions", BACKFILL, "{jobs}"),
        "cuts conversations into windows",
    ),
    Stage(
        "extract",
        ("extractions", BACKFILL),
        ("results",),
        "finds candidates in windows; keeps every answer in its journal",
    ),
    Stage("resolve", ("results",), ("{facts}", "{jobs}", "dead-letters"), "turns candidates into facts and ends jobs"),
    Stage("sink", ("conversations", "results", "dead-letters"), (), "writes what has no generation to ClickHouse"),
    Stage("sink-facts", ("{facts}", "{jobs}"), (), "writes a generation's facts and jobs to ClickHouse"),
)
LEAST_PATIENCE_S = 900.0
NAMES = tuple(stage.name for stage in STAGES)
CHUNK_PER_CALL = 4
"""So many windows extract takes at a time for each call that may be in flight: today's wait for few of a backfill."""
STAGE_IN_ADDRESS = "{stage}"
"""Stands in `TURNLOG_HTTP` for the name of the stage, where several processes have the same environment."""


def stages_beside(generation: int, *, live: int) -> tuple[str, ...]:
    """What a worker of this generation runs: everything if readers see it, else only what is its own."""
    return NAMES if generation == live else GENERATION_STAGES


def topic_names(templates: tuple[str, ...], settings: Settings) -> tuple[str, ...]:
    """The topics' real names for these settings."""
    generation = settings.generation
    names = {"turns": settings.turns_topic, "facts": facts_topic(generation), "jobs": jobs_topic(generation)}
    return tuple(template.format(**names) for template in templates)


def spec_for(name: str, settings: Settings) -> StageSpec:
    """The stage as the engine runs it. Raises KeyError for a name that is not in `STAGES`."""
    stage = {stage.name: stage for stage in STAGES}[name]
    build = _processors(name, settings) if stage.has_table else None
    writer = None if stage.has_table else _writers(settings)
    return StageSpec(
        name=name,
        app_id=app_id(name, settings.generation),
        sources=topic_names(stage.reads, settings),
        outputs=_outputs(stage, settings),
        changelog=changelog(name, settings.generation) if stage.has_table else None,
        tables_dir=settings.tables_dir if name in settings.tables_on_disk else None,
        identity=Ids(settings.hash_key).fingerprint(),
        partitions=settings.partitions,
        build=build,
        writer=writer,
        bury=burial(
            name,
            kept=settings.keep_dead_letter_bytes,
            generation=settings.generation if name in GENERATION_STAGES else None,
        ),
        chunk_max=CHUNK_PER_CALL * settings.calls if name == "extract" and settings.extractor != "rules" else None,
        patience_s=patience_s(stage, settings),
    )


def _outputs(stage: Stage, settings: Settings) -> tuple[str, ...]:
    """Where it may write; besides, to the dead letters, what crashes it again and again."""
    if not stage.has_table:
        return ()
    return tuple(dict.fromkeys((*topic_names(stage.writes, settings), DEAD_LETTERS)))


def patience_s(stage: Stage, settings: Settings) -> float | None:
    """How long a chunk may wait for an extractor or a database before its worker ends itself.

    Longer than one window takes at the longest, and than a database is waited for: for an insert, for the one before
    it, and for its own tables.
    """
    if stage.name == "extract":
        return max(LEAST_PATIENCE_S, 2 * settings.extraction_s)
    return None if stage.has_table else max(LEAST_PATIENCE_S, 3 * settings.database_patience_s)


def load(settings: Settings) -> None:
    """Import what any stage may need."""
    for name in ("ingest", "window", "extract", "resolve", "sink"):
        import_module(f"streams.{name}.agents")
    for module in ("streams.extract.asked", "streams.monitor.commits", "streams.monitor.stage"):
        import_module(module)
    load_extractor(settings)


def load_extractor(settings: Settings) -> None:
    """Import the client of a model server here, not at the first window: a second in which no lane would go on."""
    if settings.extractor == "openai":
        import_module("streams.extract.openai.extractor")


def _processors(name: str, settings: Settings) -> Callable[[int, State], Processor]:
    # imported here, so that a worker of one stage does not load the libraries of the others
    match name:
        case "ingest":
            from streams.ingest import agents as ingest

            return ingest.build(settings)
        case "window":
            from streams.extract.asked import asked_of
            from streams.window import agents as window

            build = window.build if settings.generation == 1 else window.build_replaying
            return build(settings, asked_of(settings))
        case "extract":
            from streams.extract import agents as extract

            load_extractor(settings)
            return extract.build(settings)
        case "resolve":
            from streams.resolve import agents as resolve

            return resolve.build(settings)
    raise KeyError(name)


def _writers(settings: Settings) -> Callable[[int], Writer]:
    from streams.sink.agents import build_writer

    return build_writer(settings)


def engine_settings(settings: Settings) -> EngineSettings:
    """What the engine needs of the settings."""
    return EngineSettings(
        brokers=settings.kafka,
        security=client_security(settings.kafka_access),
        session_timeout_s=settings.session_timeout_s,
        watch_s=settings.watch_s,
        instance_id=settings.instance_id,
    )


def run_stage(name: str, settings: Settings) -> NoReturn:
    """Run one stage in this process until SIGTERM (exit 0) or an error (the engine's exit codes)."""
    from streams.monitor.commits import count
    from streams.monitor.stage import watch_stage

    address = settings.http.replace(STAGE_IN_ADDRESS, name)
    run(
        spec_for(name, settings),
        engine_settings(settings),
        on_commit=count,
        on_start=partial(watch_stage, address),
    )
