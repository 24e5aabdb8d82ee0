"""Where local mode keeps things by default: the user's cache folder and the user's data folder."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path


def default_cache_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """What can be fetched again."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "turnlog"
    return _xdg(environ, "XDG_CACHE_HOME", Path.home() / ".cache") / "turnlog"


def default_state_dir(environ: Mapping[str, str] = os.environ) -> Path:
    """What the local stack remembers: topics, rows, logs."""
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "turnlog"
    return _xdg(environ, "XDG_DATA_HOME", Path.home() / ".local" / "share") / "turnlog"


def _xdg(environ: Mapping[str, str], name: str, default: Path) -> Path:
    """The named folder; the XDG rules ignore a relative one."""
    path = Path(environ.get(name, ""))
    return path if path.is_absolute() else default
