import numpy as np
import pytest

from recpipe import recommend, train
from recpipe.cli import main
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams, similar
from tests.tiny import load, make_model, make_snapshot

# the last dimension is the bias: it makes no item like another
VECTORS = {
    "red": [1.0, 0.0, 5.0],
    "rose": [0.9, 0.1, 0.0],
    "pink": [0.7, 0.3, 0.0],
    "blue": [0.0, 1.0, 5.0],
}
HISTORIES = {"ann": list(VECTORS), "bob": ["red"]}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path / "w")
    described = {item: {"categories": ["warm" if item != "blue" else "cold"]} for item in VECTORS}
    snapshot = make_snapshot(workspace, HISTORIES, described={**described, "new": {}})
    make_model(workspace, snapshot, VECTORS, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    publish(workspace)
    return workspace


def publish(workspace, **params):
    asked = RecommendParams(**{"k": 4, "seen": "allow"} | params)
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", asked))


def ids(workspace, item, k=10):
    return [one.item_id for one in similar(workspace, item, k)]


def test_the_most_alike_come_first_whatever_their_bias(workspace):
    assert ids(workspace, "red") == ["rose", "pink", "blue"]
    assert similar(workspace, "red")[0].similarity == pytest.approx(0.9 / np.hypot(0.9, 0.1))
    assert ids(workspace, "red", k=1) == ["rose"]


def test_the_filters_of_the_lists_hold_here_too(workspace):
    publish(workspace, deny_where="item_id IN ('rose', 'red')")
    assert ids(workspace, "red") == ["pink", "blue"], "what is asked about need not pass them"
    publish(workspace, at_most={"category": 1})
    assert ids(workspace, "red", k=2) == ["rose", "blue"]


@pytest.mark.parametrize(
    ("item", "named"), [("green", "there is no item 'green'"), ("new", "has no vector of item 'new'")]
)
def test_an_item_that_is_not_known_is_named(workspace, item, named):
    with pytest.raises(DataError, match=named):
        similar(workspace, item)


def test_to_popularity_no_item_is_like_another(workspace):
    make_model(
        workspace, workspace.snapshots.pointed("newest"), {"red": [1.0], "blue": [2.0]}, name="popularity-a"
    )
    registry.promote(workspace, "popularity-a", why="test", who="test")
    publish(workspace)
    with pytest.raises(DataError, match="mere popularity"):
        similar(workspace, "red")


def test_the_command_shows_titles_and_an_unknown_item_exits_2(workspace, capsys):
    assert main(["similar", "red", "--workspace", str(workspace.root), "-k", "1"]) == 0
    assert capsys.readouterr().out.splitlines() == ["like item red", "    1   0.9939  Title of rose  [rose]"]
    assert main(["similar", "green", "--workspace", str(workspace.root)]) == 2
    assert "there is no item 'green'" in capsys.readouterr().err
