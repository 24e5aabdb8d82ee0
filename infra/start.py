"""Set up everything in `.venv` beside the checkout, then run turnlog or its tests. Needs Python 3.11+ and nothing else.

python3 infra/start.py demo ...       any turnlog command, with its arguments
python3 infra/start.py test ...       the tests, with pytest's arguments
python3 infra/start.py lint           format, lint and types
"""

import hashlib
import os
import re
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[1]
HOME = Path(os.environ.get("TURNLOG_VENV", ROOT / ".venv"))
PYTHON = HOME / "bin" / "python"
EXTRAS = {"test": "test", "lint": "test", "soak": "test", "bench": "bench"}
CHECKS = (
    ["ruff", "format", "--check", "."],
    ["ruff", "check", "."],
    ["mypy"],
)
# most of the time goes into waiting for real services: three files (tests/conftest.py) at a time, on two cores too
ALL_TESTS = ["--numprocesses=3", "--dist=loadscope", "--no-loadscope-reorder", "--durations=40"]


def main(arguments: list[str]) -> int:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        print(f"turnlog needs Python 3.11, 3.12 or 3.13, this is {sys.version.split()[0]}", file=sys.stderr)
        return 2
    command, rest = (arguments[0], arguments[1:]) if arguments else ("--help", [])
    install(EXTRAS.get(command, "local"))
    if command == "lint":
        return max(run([str(HOME / "bin" / check[0]), *check[1:]]) for check in CHECKS)
    if command == "test":
        return run([str(PYTHON), "-m", "pytest", *(rest or ALL_TESTS)])
    return become([str(HOME / "bin" / "turnlog"), command, *rest])


def become(command: list[str]) -> NoReturn:
    """Replace this process, so that signals reach the command itself."""
    os.execv(command[0], command)


def run(command: list[str]) -> int:
    return subprocess.run(command, cwd=ROOT, check=False).returncode


def install(extra: str) -> None:
    """Make the environment and install this checkout with `extra`, unless that is done already."""
    stamp = HOME / f".installed-{extra}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + str(ROOT).encode()).hexdigest()
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    print(f"installing turnlog[{extra}] into {HOME} (once, some minutes)", file=sys.stderr, flush=True)
    if not PYTHON.exists():
        make_environment()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--editable", f"{ROOT}[{extra}]"], check=True)
    stamp.write_text(wanted)


def make_environment() -> None:
    made = subprocess.run([sys.executable, "-m", "venv", HOME], capture_output=True, text=True, check=False)
    if made.returncode:  # Debian keeps ensurepip in a package of its own
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", HOME], check=True)
        install_pip()


def install_pip() -> None:
    """Fetch pip's wheel from the package index; a wheel can install itself."""
    index = os.environ.get("PIP_INDEX_URL", "https://pypi.org/simple").rstrip("/") + "/pip/"
    with urllib.request.urlopen(index) as answer:
        links = re.findall(r'href="([^"]+/(pip-([\d.]+)-py3-none-any\.whl)#sha256=(\w+))"', answer.read().decode())
    link, name, _, checksum = max(links, key=lambda found: tuple(map(int, found[2].split("."))))
    with urllib.request.urlopen(urllib.parse.urljoin(index, link)) as answer:
        content = answer.read()
    if hashlib.sha256(content).hexdigest() != checksum:
        raise SystemExit(f"{name} arrived damaged; try again")
    with tempfile.TemporaryDirectory() as folder:
        wheel = Path(folder) / name
        wheel.write_bytes(content)
        subprocess.run([PYTHON, f"{wheel}/pip", "install", "--quiet", "--no-index", wheel], check=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
