"""No leak through the gate: what makes the lists has seen the test, and must neither be scored nor promoted."""

import shutil

import pytest

from recpipe import evaluate, recommend, train
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams
from recpipe.recommend import RecommendParams
from tests.tiny import load, make_model, make_snapshot

# ten of each: all had one item, and take another in the test
KNOWN = {f"{name}{number}": [item] for number in range(10) for name, item in zip("uvw", "abc", strict=True)}
TEST = {f"{name}{number}": [item] for number in range(10) for name, item in zip("uvw", "baa", strict=True)}
# one list for all, what a user had left out: of all, of two thirds, of nobody the right answer comes first
ALL_RIGHT = {"a": [3.0], "b": [2.0], "c": [1.0]}
TWO_THIRDS = {"a": [2.0], "b": [3.0], "c": [1.0]}
NONE_RIGHT = {"a": [1.0], "b": [2.0], "c": [3.0]}
EARLIER = {"kind": "time", "test_from": "2024-01-01T12:00:00"}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    """An older snapshot's champion with two thirds right, and its refit on the test's snapshot with all."""
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, KNOWN, TEST, name="s")
    make_model(workspace, "older", TWO_THIRDS, name="old", kind="popularity", split=EARLIER)
    make_model(workspace, "s", ALL_RIGHT, name="old-refit-1", kind="popularity", refit_of="old")
    make_model(workspace, "s", NONE_RIGHT, name="popularity-new", kind="popularity")
    registry.promote(workspace, "old", why="before", who="test")
    return workspace


def run(workspace, challenger):
    """Evaluate and promote as the notebook does, with the first item of each list scored."""
    params = EvaluateParams(k=1)
    test = evaluate.held_out(workspace, "s", params)
    name = make_model(workspace, "s", challenger, name="new", kind="popularity")
    found = evaluate.contestants(workspace, name, "popularity-new", test)
    scores = {role: evaluate.score(recommender, test) for role, recommender in found.items()}
    decision = evaluate.decide(workspace, scores, evaluate.history_groups(test), params)
    return scores, decision, evaluate.promote(workspace, decision)


def test_the_gate_scores_the_evaluated_weights_and_the_lists_are_made_by_the_refit(workspace):
    """By its refit's score the champion would have stayed."""
    scores, _, champion = run(workspace, ALL_RIGHT)
    assert scores["champion"].version == "old"
    assert scores["champion"].ndcg.mean() == pytest.approx(2 / 3)
    assert champion == "new"
    registry.rollback(workspace, why="for the test", who="test")
    assert recommend.make_lists(workspace, "s", "", RecommendParams()).model == "old-refit-1"


def test_a_refit_planted_as_champion_cannot_stay_by_its_score(workspace):
    workspace.models.point("champion", "old-refit-1")
    scores, decision, champion = run(workspace, TWO_THIRDS)
    assert scores["champion"].ndcg.mean() == 1, "it knows the test by heart"
    assert champion == "new"
    assert "The score of old-refit-1 (NDCG@1 1.0000) does not count: it has seen events" in decision.reason


def test_a_refit_planted_as_champion_yields_to_popularity_where_the_challenger_is_no_better(workspace):
    workspace.models.point("champion", "old-refit-1")
    assert run(workspace, NONE_RIGHT)[2] == "popularity-new"


def test_a_refits_weights_planted_in_the_champions_folder_are_refused_by_the_file(workspace):
    folders = workspace.models.path("old-refit-1"), workspace.models.path("old")
    shutil.copy(*(folder / "item_vectors.npy" for folder in folders))
    with pytest.raises(DataError, match=r"old/item_vectors\.npy: altered since model version old was made"):
        run(workspace, TWO_THIRDS)
    assert registry.champion(workspace) == "old"


def test_a_champion_with_another_vocabulary_is_translated_at_the_gate(workspace):
    """Its first and last item are gone today; the others stand where others stand here."""
    items = {"0-gone": [9.0], **ALL_RIGHT, "z-gone": [8.0]}
    make_model(workspace, "older", items, name="other", kind="popularity", split=EARLIER)
    registry.promote(workspace, "other", why="before", who="test")
    scores, decision, champion = run(workspace, TWO_THIRDS)
    assert scores["champion"].ndcg.mean() == 1
    assert (champion, decision.promoted) == ("other", False)
    assert decision.reason.startswith(
        "other stays champion: new (NDCG@1 0.6667) is not surely ahead of other"
    )


def test_a_champion_that_knows_none_of_todays_items_does_not_count(workspace):
    make_model(workspace, "older", {"x": [1.0], "y": [2.0]}, name="other", kind="popularity", split=EARLIER)
    registry.promote(workspace, "other", why="before", who="test")
    _, decision, champion = run(workspace, NONE_RIGHT)
    assert champion == "popularity-new"
    assert "The champion other does not count: model version other: it knows no item" in decision.reason
