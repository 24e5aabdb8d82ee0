"""An environment for Quix Streams: it pins an older confluent-kafka than the tests need."""

import hashlib
import subprocess
import sys
from pathlib import Path

from streams.errors import ConfigurationError

NEEDED = ("quixstreams==3.28.1", "orjson>=3.10")
STAMP = "installed"


def quix_python(folder: Path) -> Path:
    """The Python that has Quix, installed into `folder` the first time. Raises ConfigurationError."""
    python = folder / "bin" / "python"
    wanted = hashlib.sha256("\n".join((sys.version, *NEEDED)).encode()).hexdigest()
    stamp = folder / STAMP
    if not stamp.exists() or stamp.read_text() != wanted:
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", *NEEDED]
        for command in ([sys.executable, "-m", "venv", "--clear", "--without-pip", str(folder)], pip):
            done = subprocess.run(command, capture_output=True, text=True, check=False)
            if done.returncode:
                raise ConfigurationError(f"cannot install {NEEDED[0]}: {(done.stdout + done.stderr).strip()[-2000:]}")
        stamp.write_text(wanted)
    return python
