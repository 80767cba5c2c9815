import csv
import json
import subprocess
import sys

import pyarrow.parquet as pq
import pytest

from recpipe import recommend
from recpipe.core import registry
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from recpipe.recommend.schema import SCHEMA
from tests.tiny import alter, make_model, make_snapshot

READERS = {
    "parquet": lambda path: pq.read_table(path).to_pylist(),
    "jsonl": lambda path: [json.loads(line) for line in path.read_text().splitlines()],
    "csv": lambda path: [
        {**row, "rank": int(row["rank"]), "score": float(row["score"])}
        for row in csv.DictReader(path.open(newline=""))
    ],
}


@pytest.mark.parametrize("suffix", READERS)
def test_an_export_holds_every_recommendation(published, tmp_path, suffix):
    out = tmp_path / f"lists.{suffix}"
    assert recommend.export(published, out) == 12
    rows = READERS[suffix](out)
    assert list(rows[0]) == SCHEMA.names
    assert [(row["item_id"], row["rank"]) for row in rows if row["user_id"] == "dan"] == [
        ("c1", 1), ("a1", 2), ("b1", 3),
    ]  # fmt: skip


@pytest.mark.parametrize("suffix", READERS)
def test_ids_of_any_content_survive_an_export(workspace, tmp_path, suffix):
    odd = 'a,"b"\n☃'
    snapshot = make_snapshot(workspace, {odd: ["x"], "b": ["y\r\n;"]})
    make_model(workspace, snapshot, {"x": [1.0], "y\r\n;": [2.0]}, name="mean-odd")
    registry.promote(workspace, "mean-odd", why="test", who="test")
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams()))
    recommend.export(workspace, tmp_path / f"o.{suffix}")
    rows = READERS[suffix](tmp_path / f"o.{suffix}")
    assert {(row["user_id"], row["item_id"]) for row in rows} == {(odd, "y\r\n;"), ("b", "x")}


def test_an_unknown_suffix_is_refused_with_the_known_ones(published, tmp_path):
    with pytest.raises(ParameterError, match=r"unknown suffix '\.xlsx'\n.*\.parquet, \.csv, \.jsonl"):
        recommend.export(published, tmp_path / "lists.xlsx")


def test_a_missing_folder_is_named(published, tmp_path):
    with pytest.raises(DataError, match=r"there is no folder .*nowhere"):
        recommend.export(published, tmp_path / "nowhere" / "lists.csv")


def test_a_folder_in_the_place_of_the_file_is_named(published, tmp_path):
    (tmp_path / "lists.csv").mkdir()
    with pytest.raises(DataError, match="it is a folder"):
        recommend.export(published, tmp_path / "lists.csv")


def test_nothing_published_yet_is_told(workspace, tmp_path):
    for act in (
        lambda: recommend.export(workspace, tmp_path / "a.csv"),
        lambda: recommend.lookup(workspace, "ann"),
    ):
        with pytest.raises(DataError, match="no current publication yet"):
            act()
    assert not (tmp_path / "a.csv").exists()


def test_an_export_that_fails_keeps_the_old_file_and_leaves_no_other(published, tmp_path):
    out = tmp_path / "lists.csv"
    out.write_text("old")
    alter(published.publications.path(published.publications.pointed("current")) / "part-00000.parquet")
    with pytest.raises(DataError, match=r"part-00000\.parquet: altered"):
        recommend.export(published, out)
    assert out.read_text() == "old"


def test_a_write_that_fails_half_way_keeps_the_old_file_and_leaves_no_other(published, tmp_path, monkeypatch):
    out = tmp_path / "lists.jsonl"
    out.write_text("old")

    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(json, "dumps", full)
    with pytest.raises(DataError, match=r"lists\.jsonl: cannot be written \(No space left on device\)"):
        recommend.export(published, out)
    assert out.read_text() == "old"
    assert {path.name for path in tmp_path.iterdir()} == {"o'w", "lists.jsonl"}


def test_a_lookup_tells_titles_and_what_the_user_did_last(published):
    found = recommend.lookup(published, "bob", 2)
    assert [(deed.title, deed.event_type) for deed in found.did] == [
        ("Title of c1", "purchase"), ("Title of b1", "purchase"),
    ]  # fmt: skip
    assert [place.rank for place in found.recommended] == [1, 2]
    assert {place.title for place in found.recommended} == {"Title of b2", "Title of c2"}


def test_a_lookup_of_a_user_who_did_nothing_has_the_popular_list(published):
    found = recommend.lookup(published, "dan")
    assert (found.did, [place.item_id for place in found.recommended]) == ([], ["c1", "a1", "b1"])


def test_a_lookup_of_a_user_with_nothing_left_is_empty(published):
    assert recommend.lookup(published, "eve").recommended == []


def test_an_unknown_user_is_refused_by_name(published):
    with pytest.raises(DataError, match="there is no user 'zoe'") as raised:
        recommend.lookup(published, "zoe")
    assert raised.value.exit_code == 2


def test_the_shown_samples_have_titles(published):
    samples = recommend.samples(published, users=3, k=2)
    table = recommend.show(samples)
    assert table.index.get_level_values("user").unique().tolist() == ["ann", "cat", "dan"]
    assert table.loc[("cat", 1), "did last"] == "Title of c1"
    assert table.loc[("cat", 1), "recommended"] == "Title of c2"
    assert table.loc[("dan", 1), "did last"] == ""
    assert samples[1].figures() == {
        "user_id": "cat",
        "last": ["Title of c1"],
        "recommended": ["Title of c2", "Title of a1"],
    }


def test_the_most_recommended_items_are_counted_over_all_lists(published):
    table = recommend.most_recommended(published, items=2)
    assert table["title"].tolist() == ["Title of a1", "Title of a2"]
    assert table["lists"].tolist() == [3, 2]
    assert table["share"].tolist() == [3 / 5, 2 / 5], "of five users"


def test_reading_needs_neither_tensorflow_nor_great_expectations(published, tmp_path):
    code = (
        "import sys; from pathlib import Path; from recpipe import recommend;"
        "from recpipe.core.workspace import Workspace; w = Workspace.open(sys.argv[1]);"
        "recommend.export(w, Path(sys.argv[2])); recommend.lookup(w, 'ann');"
        "sys.exit(any(name in sys.modules for name in ('tensorflow', 'great_expectations', 'prefect')))"
    )
    command = [sys.executable, "-c", code, str(published.root), str(tmp_path / "out.csv")]
    assert subprocess.run(command, check=False).returncode == 0


def test_an_empty_workspace_says_so(tmp_path):
    with pytest.raises(DataError):
        recommend.samples(Workspace.open(tmp_path))
