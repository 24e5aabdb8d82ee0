"""The file of a demonstration is looked through before anything is started."""

from pathlib import Path

import orjson
import pytest

from streams.demo.conversations import survey
from streams.publish.lines import InputError


def write(path: Path, *users: str) -> Path:
    rows = ({"org_id": "acme", "user_id": user, "turns": [{"role": "user", "text": "hi"}]} for user in users)
    path.write_bytes(b"\n".join(map(orjson.dumps, rows)))
    return path


def test_endings_are_counted_as_records(tmp_path: Path) -> None:
    conversations = survey(write(tmp_path / "file", "ann", "ben", "ann"))
    entries = list(conversations.entries())
    assert (conversations.records, len(entries)) == (5, 5)
    assert [entry.kind for entry in entries] == ["submission", "submission", "control", "submission", "control"]


def test_a_broken_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("{}\nnonsense")
    with pytest.raises(InputError, match="line 2"):
        survey(file)
    with pytest.raises(InputError, match="cannot read"):
        survey(tmp_path / "nowhere")
