"""Fuzzing for as long as one likes: `python -m tests.fuzz --minutes 30 [words of test names]`.

The tests of this folder are driven one after the other, each in a process of its own. Where `atheris` is installed
(`pip install atheris`, Linux alone) it steers them to code that was not reached yet, and what it found interesting
stays in the corpus for the next time; else Hypothesis draws examples with new seeds. What fails should become a test
with a name of its own: with Hypothesis alone it is shown as the smallest example there is.
"""

import argparse
import importlib
import importlib.util
import random
import subprocess
import sys
import time
from itertools import count
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SEEDS = 70
INSTRUMENTED = ("streams.ingest", "streams.extract", "streams.publish", "streams.window", "streams.headers", "schemas")


def names() -> list[str]:
    """Every test that draws its examples, as module:function."""
    found = []
    for path in sorted(HERE.glob("test_*.py")):
        module = importlib.import_module(f"tests.fuzz.{path.stem}")
        found += [f"{path.stem}:{name}" for name, test in vars(module).items() if hasattr(test, "hypothesis")]
    return found


def run_all(chosen: list[str], minutes: float, corpus: Path) -> int:
    """Each for its share of the time; how many failed."""
    failed = []
    for name in chosen:
        seconds = max(5, round(minutes * 60 / len(chosen)))
        print(f"{name}: {seconds} s", flush=True)
        own = corpus / name.replace(":", "-")
        sow(own)
        command = [sys.executable, "-m", "tests.fuzz", "--one", name, "--seconds", str(seconds), "--corpus", str(own)]
        if subprocess.run(command, check=False).returncode:
            failed.append(name)
    print(f"{len(chosen) - len(failed)} of {len(chosen)} found nothing; failed: {failed or 'none'}")
    return len(failed)


def sow(corpus: Path) -> None:
    """Something to begin with: from too few bytes nothing can be drawn."""
    corpus.mkdir(parents=True, exist_ok=True)
    for number in range(SEEDS if not any(corpus.iterdir()) else 0):
        (corpus / f"seed-{number}").write_bytes(random.Random(number).randbytes(50 << number % 7))


def run_steered(name: str, seconds: int, corpus: Path) -> None:
    """With atheris, which ends the process."""
    import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        test = find(name)
    options = [f"-max_total_time={seconds}", "-max_len=8192", "-len_control=0", "-print_final_stats=1", "-timeout=60"]
    atheris.Setup(
        [sys.argv[0], *options, "-verbosity=0", f"-artifact_prefix={corpus}-", str(corpus)],
        test.hypothesis.fuzz_one_input,
    )
    atheris.Fuzz()


def run_drawn(name: str, seconds: int) -> None:
    """With Hypothesis alone, until the time is over."""
    from hypothesis import seed

    deadline, test = time.monotonic() + seconds, find(name)
    for number in count(int(time.time())):
        if time.monotonic() > deadline:
            return
        seed(number)(test)()


def find(name: str) -> Any:
    module, _, function = name.partition(":")
    return getattr(importlib.import_module(f"tests.fuzz.{module}"), function)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("words", nargs="*", help="only tests with one of these words in their name")
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--corpus", type=Path, default=Path(".hypothesis/fuzz"))
    parser.add_argument("--one", help=argparse.SUPPRESS)
    parser.add_argument("--seconds", type=int, help=argparse.SUPPRESS)
    told = parser.parse_args()
    if told.one is None:
        chosen = [name for name in names() if not told.words or any(word in name for word in told.words)]
        sys.exit(1 if run_all(chosen, told.minutes, told.corpus) else 0)
    if importlib.util.find_spec("atheris"):
        run_steered(told.one, told.seconds, told.corpus)
    else:
        run_drawn(told.one, told.seconds)


if __name__ == "__main__":
    main()
