import json

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams, item_map
from tests.tiny import load, make_model, make_snapshot

# two shelves, far apart; the last dimension is the bias, which puts nothing anywhere
VECTORS = {
    "red": [1.0, 0.1, 0.0, 9.0],
    "rose": [1.0, -0.1, 0.0, 0.0],
    "blue": [-1.0, 0.1, 0.0, 9.0],
    "navy": [-1.0, -0.1, 0.0, 0.0],
}
HISTORIES = {"ann": ["red", "rose", "blue"], "bob": ["red", "navy"], "cat": ["red", "blue"]}


@pytest.fixture
def shop(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    return Workspace.open(tmp_path / "w")


def publish(workspace, vectors, kind="mean"):
    described = {item: {"categories": ["warm" if item[0] == "r" else "cold"]} for item in VECTORS}
    snapshot = make_snapshot(workspace, HISTORIES, described=described)
    make_model(workspace, snapshot, vectors, name=f"{kind}-a", kind=kind)
    registry.promote(workspace, f"{kind}-a", why="test", who="test")
    asked = RecommendParams(k=2, seen="allow")
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", asked))


def test_what_the_model_holds_to_be_alike_lies_together_whatever_its_bias(shop):
    publish(shop, VECTORS)
    placed = item_map(shop).set_index("item_id")
    assert np.sign(placed.loc["red", "x"]) == np.sign(placed.loc["rose", "x"])
    assert np.sign(placed.loc["red", "x"]) == -np.sign(placed.loc["blue", "x"])
    assert placed.loc["red", "y"] == pytest.approx(placed.loc["blue", "y"], abs=1e-6)
    assert placed["category"].to_dict() == {"red": "warm", "rose": "warm", "blue": "cold", "navy": "cold"}
    first, second = item_map(shop).attrs["explained"]
    assert first == pytest.approx(1 / 1.01)
    assert second == pytest.approx(0.01 / 1.01)


def test_only_the_most_popular_are_shown(shop):
    publish(shop, VECTORS)
    assert item_map(shop, items=2)["item_id"].tolist() == ["red", "blue"]


def test_popularity_has_no_map(shop):
    publish(shop, {item: [1.0] for item in VECTORS}, kind="popularity")
    with pytest.raises(DataError, match="popularity-a is mere popularity"):
        item_map(shop)


def test_the_notebook_runs_to_its_end(shop):
    publish(shop, VECTORS)
    mpl.use("agg")
    cells = json.loads((shipped("notebooks") / "7_inspect.ipynb").read_text(encoding="utf-8"))["cells"]
    names = {"display": print}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            names["workspace"] = str(shop.root)
    pyplot.close("all")
    assert names["user"] == "bob", "whose list is in the middle"
    assert names["neighbours"]["item_id"].iloc[0] == {"red": "rose", "blue": "navy"}[names["item"]]
