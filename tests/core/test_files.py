from pathlib import Path

import pytest

from recpipe.core.errors import DataError
from recpipe.core.files import content_id, read_json, sweep, write_json, write_text


def test_equal_content_has_an_equal_id_whatever_the_order_of_keys() -> None:
    assert content_id({"a": 1, "b": 2}) == content_id({"b": 2, "a": 1})
    assert content_id({"a": 1}) != content_id({"a": 2})


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "pointer.json"
    write_json(path, {"name": "old"})
    monkeypatch.setattr("os.fsync", _full_disk)
    with pytest.raises(OSError, match="full"):
        write_text(path, "new")
    assert read_json(path) == {"name": "old"}
    assert list(tmp_path.iterdir()) == [path]


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(DataError, match=r"broken\.json: damaged"):
        read_json(tmp_path / "broken.json")


def _full_disk(descriptor: int) -> None:
    raise OSError("disk full")


def test_a_file_of_somebody_else_is_not_swept(tmp_path: Path) -> None:
    theirs = tmp_path / ".tmp-notes.txt"
    theirs.touch()
    sweep(tmp_path)
    assert theirs.exists()
