import pytest

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from tests.tiny import load, make_model, make_snapshot

# whoever has one of a pair should be recommended the other; dan has done nothing yet; eve has all
HISTORIES = {
    "ann": ["a1"],
    "bob": ["b1", "c1"],
    "cat": ["c1"],
    "dan": [],
    "eve": ["a1", "a2", "b1", "b2", "c1", "c2"],
}
PAIRS = {
    "a1": [1.0, 0.0, 0.0],
    "a2": [1.0, 0.0, 0.0],
    "b1": [0.0, 1.0, 0.0],
    "b2": [0.0, 1.0, 0.0],
    "c1": [0.1, 0.0, 1.0],
    "c2": [0.0, 0.1, 1.0],
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """A workspace with a snapshot and a champion, nothing published."""
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path / "o'w")
    snapshot = make_snapshot(workspace, HISTORIES)
    make_model(workspace, snapshot, PAIRS, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


@pytest.fixture
def published(workspace):
    """The same workspace with lists of three published."""
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(k=3)))
    return workspace
