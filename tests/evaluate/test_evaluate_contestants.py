import pytest

from recpipe import evaluate, train
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from tests.tiny import alter, load, make_model


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    for name in ("mean-new", "mean-old", "popularity-new"):
        make_model(workspace, "s", {"a": [1.0]}, name=name, kind=name.partition("-")[0])
    return workspace


def versions(workspace):
    found = evaluate.contestants(workspace, "mean-new", "popularity-new")
    return {role: recommender.version for role, recommender in found.items()}


def test_without_a_champion_two_are_compared(workspace):
    assert versions(workspace) == {"challenger": "mean-new", "popularity": "popularity-new"}


def test_the_champion_takes_part(workspace):
    registry.promote(workspace, "mean-old", why="w", who="ann")
    assert versions(workspace)["champion"] == "mean-old"


def test_a_champion_in_another_role_is_loaded_once(workspace):
    registry.promote(workspace, "popularity-new", why="w", who="ann")
    assert list(versions(workspace)) == ["challenger", "popularity"]


def test_an_altered_champion_is_refused_by_name(workspace):
    registry.promote(workspace, "mean-old", why="w", who="ann")
    alter(workspace.models.path("mean-old") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"mean-old/item_vectors\.npy: altered"):
        evaluate.contestants(workspace, "mean-new", "popularity-new")
