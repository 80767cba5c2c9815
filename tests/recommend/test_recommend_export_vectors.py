import sys

import faiss
import numpy as np
import pyarrow.parquet as pq
import pytest

from recpipe import train
from recpipe.cli import main
from recpipe.core import registry
from recpipe.core.errors import DataError, ParameterError
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from recpipe.recommend.export_vectors import export_vectors
from tests.tiny import alter, load, make_model, make_snapshot

COUNT = 600
ITEMS = {
    f"i{number:03}": vector for number, vector in enumerate(np.random.default_rng(0).normal(size=(COUNT, 8)))
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path / "w")
    snapshot = make_snapshot(workspace, {"ann": ["i003", "i005"], "bob": ["i100"], "new": []})
    make_model(workspace, snapshot, ITEMS, name="mean-a")
    make_model(workspace, snapshot, {item: [1.0] for item in ITEMS}, name="popularity-a", kind="popularity")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


def test_row_i_is_number_i_of_the_index(workspace, tmp_path):
    told = export_vectors(workspace, "mean-a", tmp_path / "out", "flat")
    table = pq.read_table(tmp_path / "out" / "items.parquet")
    assert table.column("item_id").to_pylist() == sorted(ITEMS)
    index = faiss.read_index(str(tmp_path / "out" / "items.faiss"))
    query = np.array([[*ITEMS["i042"], 0.0]], np.float32)
    distances, found = index.search(query, 2)
    longest = max(float(np.linalg.norm(vector)) for vector in ITEMS.values())
    scores = ((query**2).sum() + longest**2 - distances) / 2
    every = np.array([ITEMS[item] for item in sorted(ITEMS)]) @ ITEMS["i042"]
    assert found[0].tolist() == np.argsort(-every)[:2].tolist()
    assert scores[0] == pytest.approx(np.sort(every)[::-1][:2], rel=1e-5)
    assert np.array(table.column("vector").to_pylist()) == pytest.approx(
        index.reconstruct_n(0, COUNT)[:, :-1]
    )
    assert read_json(tmp_path / "out" / "index.json")["recall"] == told.recall == 1.0
    assert (told.users, told.at, told.items, told.dimension) == (2, 100, COUNT, 8)


@pytest.mark.parametrize(("kind", "least"), [("hnsw", 0.95), ("ivf", 0.2)])
def test_what_an_inexact_index_finds_is_measured(workspace, tmp_path, kind, least):
    told = export_vectors(workspace, "mean-a", tmp_path / "out", kind)
    assert least <= told.recall <= 1
    assert (kind == "ivf") == (told.recall < 0.95), "one list of two is too few for random vectors"


def test_the_command_takes_the_champion_and_says_what_it_found(workspace, tmp_path, capsys):
    assert (
        main(["export-vectors", "--workspace", str(workspace.root), "--index", "flat", str(tmp_path / "o")])
        == 0
    )
    assert "600 vectors of mean-a written" in (shown := capsys.readouterr().out)
    assert "recall@100 1.000" in shown


def test_a_failure_leaves_no_folder(workspace, tmp_path, monkeypatch):
    def full(index, path):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(faiss, "write_index", full)
    with pytest.raises(DataError, match="out: cannot be written"):
        export_vectors(workspace, "mean-a", tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["w"]


def test_what_cannot_be_exported_is_refused(workspace, tmp_path, monkeypatch):
    with pytest.raises(DataError, match="popularity-a is mere popularity"):
        export_vectors(workspace, "popularity-a", tmp_path / "out")
    with pytest.raises(ParameterError, match="is there already"):
        export_vectors(workspace, "mean-a", tmp_path)
    alter(workspace.models.path("mean-a") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"item_vectors\.npy"):
        export_vectors(workspace, "mean-a", tmp_path / "out")
    monkeypatch.setitem(sys.modules, "faiss", None)
    with pytest.raises(ParameterError, match="faiss is not installed"):
        export_vectors(workspace, "mean-a", tmp_path / "out")
