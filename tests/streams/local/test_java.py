"""A Java is taken from where the user says, else from where there is one."""

import sys
from pathlib import Path

import pytest

from streams.errors import LocalModeError
from streams.local.java import find_java, find_packaged_java, read_version


def write_java(folder: Path, version: str) -> Path:
    """A program that answers as a Java of that version does."""
    java = folder / "bin" / "java"
    java.parent.mkdir(parents=True)
    java.write_text(f"#!{sys.executable}\nimport sys\nsys.stderr.write('openjdk version \"{version}\"\\n')\n")
    java.chmod(0o755)
    return java


def test_the_named_java_is_taken_before_any_other(tmp_path: Path) -> None:
    named, home = write_java(tmp_path / "a", "17.0.2"), write_java(tmp_path / "b", "21")
    environ = {"TURNLOG_JAVA": str(named), "JAVA_HOME": str(home.parents[1]), "PATH": str(home.parent)}
    assert find_java(environ) == str(named)
    del environ["TURNLOG_JAVA"]
    assert find_java(environ) == str(home)
    del environ["JAVA_HOME"]
    assert find_java(environ) == str(home)


@pytest.mark.parametrize("version", ["1.8.0_392", "11.0.2"])
def test_a_named_java_that_is_too_old_is_refused(tmp_path: Path, version: str) -> None:
    with pytest.raises(LocalModeError, match="not a Java 17 or later"):
        find_java({"TURNLOG_JAVA": str(write_java(tmp_path, version))})


def test_an_old_java_on_the_path_is_passed_over(tmp_path: Path) -> None:
    old = write_java(tmp_path, "11.0.2")
    assert find_java({"PATH": str(old.parent)}) == find_packaged_java()


def test_what_is_no_java_has_no_version(tmp_path: Path) -> None:
    assert read_version(str(tmp_path / "missing")) == 0
    assert read_version(sys.executable) == 0


def test_the_packaged_java_can_run_the_broker() -> None:
    assert read_version(find_packaged_java()) >= 17
