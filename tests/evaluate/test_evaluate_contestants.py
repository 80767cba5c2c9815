import pytest

from recpipe import evaluate, train
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams
from tests.tiny import alter, count_verified, load, make_model, make_snapshot


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"ann": ["a"], "bob": []}, {"bob": ["a"]}, name="s")
    for name in ("mean-new", "mean-old", "popularity-new"):
        make_model(workspace, "s", {"a": [1.0]}, name=name, kind=name.partition("-")[0])
    return workspace


def contestants(workspace, challenger="mean-new", popularity="popularity-new"):
    test = evaluate.held_out(workspace, "s", EvaluateParams())
    return evaluate.contestants(workspace, challenger, popularity, test)


def versions(workspace):
    return {role: recommender.version for role, recommender in contestants(workspace).items()}


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
    with pytest.raises(
        DataError, match=r"champion mean-old cannot.*mean-old/item_vectors\.npy: altered"
    ) as raised:
        contestants(workspace)
    assert "recpipe rollback" in raised.value.hint


def test_a_champion_that_is_gone_is_told_by_name(workspace):
    registry.promote(workspace, "mean-old", why="w", who="ann")
    workspace.models.remove("mean-old")
    with pytest.raises(
        DataError, match=r"champion mean-old cannot be compared: .*no model version 'mean-old'"
    ):
        contestants(workspace)


def test_an_altered_challenger_is_not_blamed_on_the_champion(workspace):
    registry.promote(workspace, "mean-old", why="w", who="ann")
    alter(workspace.models.path("mean-new") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"^\S*mean-new/item_vectors\.npy: altered"):
        contestants(workspace)


def test_each_version_is_hashed_once(workspace, monkeypatch):
    verified = count_verified(monkeypatch)
    contestants(workspace)
    assert sorted(verified) == ["mean-new", "popularity-new", "s"]


@pytest.mark.parametrize("role", ["challenger", "popularity"])
def test_a_challenger_or_popularity_of_another_snapshot_is_refused(workspace, role):
    other = make_model(workspace, "other", {"a": [1.0]}, name=f"{role}-other", kind=role)
    message = f"{role} {other}: trained on snapshot other, but the test is of snapshot s"
    with pytest.raises(DataError, match=message) as raised:
        contestants(workspace, **{role: other})
    assert raised.value.hint == "Train on s, or evaluate on other."


def test_a_champion_of_another_snapshot_takes_part(workspace):
    make_model(workspace, "other", {"a": [1.0]}, name="mean-other")
    registry.promote(workspace, "mean-other", why="w", who="ann")
    assert versions(workspace)["champion"] == "mean-other"
