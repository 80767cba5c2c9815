from pathlib import Path

import pytest

from recpipe.core.errors import DataError
from recpipe.core.files import write_json
from recpipe.core.shelf import Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path, "snapshot")


def make(shelf: Shelf, name: str, content: str = "text") -> str:
    draft = shelf.draft(name)
    (draft.folder / "table.txt").write_text(content)
    return draft.seal({"why": "test"})


def test_a_draft_is_invisible_until_it_is_sealed(shelf: Shelf) -> None:
    draft = shelf.draft("one")
    (draft.folder / "table.txt").write_text("text")
    assert not shelf.has("one")
    assert shelf.names() == []
    draft.seal({})
    assert shelf.names() == ["one"]
    assert (shelf.path("one") / "table.txt").read_text() == "text"


def test_a_sealed_folder_names_its_files_and_its_inputs(shelf: Shelf) -> None:
    manifest = shelf.manifest(make(shelf, "one"))
    assert manifest["name"] == "one"
    assert manifest["why"] == "test"
    assert list(manifest["files"]) == ["table.txt"]


def test_sealing_a_name_twice_keeps_the_first(shelf: Shelf) -> None:
    make(shelf, "one", "first")
    make(shelf, "one", "second")
    assert (shelf.path("one") / "table.txt").read_text() == "first"
    assert [path.name for path in shelf.root.iterdir()] == ["one"]


def test_an_altered_file_is_refused_by_name(shelf: Shelf) -> None:
    make(shelf, "one")
    assert shelf.verify("one") == shelf.root / "one"
    (shelf.root / "one" / "table.txt").write_text("other")
    with pytest.raises(DataError, match=r"table\.txt: altered"):
        shelf.verify("one")


def test_a_missing_file_is_refused_by_name(shelf: Shelf) -> None:
    make(shelf, "one")
    (shelf.root / "one" / "table.txt").unlink()
    with pytest.raises(DataError, match=r"table\.txt: missing"):
        shelf.verify("one")


def test_a_pointer_moves_only_to_a_finished_folder(shelf: Shelf) -> None:
    make(shelf, "one")
    shelf.point("newest", "one")
    with pytest.raises(DataError, match="no snapshot 'two'"):
        shelf.point("newest", "two")
    assert shelf.pointed("newest") == "one"
    assert shelf.resolve("", "newest") == "one"


def test_an_unset_pointer_says_what_to_do(shelf: Shelf) -> None:
    assert shelf.pointed("newest") == ""
    with pytest.raises(DataError, match="Run the stages before"):
        shelf.resolve("", "newest")


def test_pruning_keeps_what_is_named_or_pointed_at(shelf: Shelf) -> None:
    for name in ("a", "b", "c", "d"):
        make(shelf, name)
    shelf.point("newest", "b")
    assert sorted(shelf.prune(keep=["c"])) == ["a", "d"]
    assert sorted(shelf.names()) == ["b", "c"]


def test_names_are_newest_first(shelf: Shelf) -> None:
    for name, created_at in (("a", "2026-01-02"), ("b", "2026-01-03"), ("c", "2026-01-01")):
        make(shelf, name)
        write_json(shelf.path(name) / "manifest.json", shelf.manifest(name) | {"created_at": created_at})
    assert shelf.names() == ["b", "a", "c"]
