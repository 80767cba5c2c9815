"""Each dial buys what it says: known by construction."""

import numpy as np
import pytest
from matplotlib import pyplot

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.caps import Cap
from recpipe.core.errors import DataError
from recpipe.core.ranking import Ranking
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from recpipe.recommend.rerank import Reranker, mixes, unit_vectors
from recpipe.recommend.tradeoff import _unlikeness
from tests.recommend.test_recommend_lists import by_user, rows
from tests.recommend.test_recommend_reasons import of
from tests.tiny import load, make_model, make_snapshot

# items 1 to 3 are all alike and of category 1, 4 and 5 are alike and of category 2, 6 is like nothing
VECTORS = np.array([[0, 0, 0], [1, 0, 0], [1, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0], [0, 0, 1]], np.float32)
CATEGORIES = np.array([0, 1, 1, 1, 2, 2, 0], np.int32)
DEEP = Ranking(
    np.array([[1, 2, 3, 4, 5, 6]], np.int32), np.array([[6, 5, 4, 3, 2, 1]], np.float32), np.array([True])
)


def reranked(diversity=0.0, calibration=0.0, history=(1, 1, 1, 4), ranking=DEEP, k=3, caps=()):
    reranker = Reranker(diversity, calibration, VECTORS, CATEGORIES, caps)
    return reranker.rerank(of([list(history)] * len(ranking.indices)), ranking, k)


def test_dials_at_zero_leave_the_list_as_it_is():
    assert reranked().indices.tolist() == [[1, 2, 3]]


def test_diversity_takes_one_of_each_that_are_alike():
    assert reranked(diversity=0.6).indices.tolist() == [[1, 4, 6]]


def test_calibration_gives_each_category_its_share_of_the_users_mix():
    assert reranked(calibration=0.9, history=(1, 4), k=4).indices.tolist() == [[1, 4, 2, 5]]
    assert set(reranked(calibration=0.9, history=(1, 1, 1, 4), k=4).indices[0].tolist()) == {1, 2, 3, 4}


def test_a_user_without_a_mix_keeps_the_order_of_the_scores():
    assert reranked(calibration=0.5, history=(6,)).indices.tolist() == [[1, 2, 3]]


@pytest.mark.parametrize("dials", [(0.3, 0.0), (0.0, 0.7), (0.4, 0.5), (1.0, 0.0)])
def test_what_orders_a_list_never_rises(dials):
    scores = reranked(*dials, k=6).scores[0]
    assert (np.diff(scores) <= 0).all()


def test_a_cap_holds_after_re_ranking_too():
    cap = Cap(np.array([0, 1, 1, 1, 0, 0, 0], np.int32), 1)
    assert reranked(caps=(cap,), k=4).indices.tolist() == [[1, 4, 5, 6]]


def test_popular_lists_are_cut_and_otherwise_left_alone():
    ranking = Ranking(np.repeat(DEEP.indices, 2, 0), np.repeat(DEEP.scores, 2, 0), np.array([False, True]))
    assert reranked(diversity=0.6, ranking=ranking).indices.tolist() == [[1, 2, 3], [1, 4, 6]]


def test_places_that_nothing_fills_stay_empty():
    few = Ranking(
        np.array([[1, 4, 0, 0]], np.int32), np.array([[2, 1, -np.inf, -np.inf]], np.float32), np.array([True])
    )
    found = reranked(diversity=0.5, ranking=few)
    assert found.indices.tolist() == [[1, 4, 0]]
    assert np.isneginf(found.scores[0, 2])


def test_a_mix_is_of_the_events_whose_category_is_known():
    assert mixes(of([[1, 1, 4, 6], [6], []]), CATEGORIES).tolist() == [
        [0, 2 / 3, 1 / 3],
        [0, 0, 0],
        [0, 0, 0],
    ]


def test_likeness_leaves_the_bias_out():
    np.testing.assert_allclose(
        unit_vectors(np.array([[3, 4, 99], [0, 0, 5]], np.float32)), [[0.6, 0.8], [0, 0]], rtol=1e-6
    )


def test_unlikeness_is_none_among_the_same_and_one_among_the_unlike():
    assert _unlikeness(VECTORS, np.array([[1, 2, 3]])) == pytest.approx(0)
    assert _unlikeness(VECTORS, np.array([[1, 4, 6]])) == pytest.approx(1)


KNOWN = {"ann": ["a1", "b1"], "bob": ["a1"], "cat": ["a1", "a2", "a3", "b1", "b2"]}
TEST = {"ann": ["a2"], "bob": ["a3"]}
MODEL = {
    "a1": [1.0, 0.0, 0.0],
    "a2": [1.0, 0.0, 0.3],
    "a3": [1.0, 0.0, 0.2],
    "b1": [0.0, 1.0, 0.0],
    "b2": [0.0, 0.5, 0.0],
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    described = {item: {"categories": [item[0]]} for item in MODEL}
    snapshot = make_snapshot(workspace, KNOWN, TEST, described=described)
    make_model(workspace, snapshot, MODEL, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


def make(workspace, **params):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(**{"k": 2, "seen": "allow"} | params))
    assert all(result.success for result in recommend.check(workspace, lists).results)
    return by_user(lists), rows(lists)


@pytest.mark.parametrize("params", [{"diversity": 0.7}, {"calibration": 0.9}])
def test_a_dial_changes_published_lists_that_pass_the_suite(workspace, params):
    plain, turned = make(workspace)[0]["ann"], make(workspace, **params)[0]["ann"]
    assert {item[0] for item in plain} == {"a"}
    assert {item[0] for item in turned} == {"a", "b"}


def test_the_most_popular_items_are_kept_to_their_places(workspace):
    """A1, had by everybody, has more than a fifth of all events."""
    assert "a1" in make(workspace, popularity_cap=0.0, k=5)[0]["bob"]
    assert all("a1" not in items for items in make(workspace, popularity_cap=1.0, k=5)[0].values())


def test_the_curves_tell_what_each_dial_costs_and_buys(workspace):
    curves = recommend.tradeoff(workspace, "", "", RecommendParams(k=2)).set_index(["dial", "setting"])
    assert set(curves.index.get_level_values("dial")) == {"diversity", "calibration", "popularity_cap"}
    diverse = curves.loc["diversity"]
    assert diverse["unlikeness"].is_monotonic_increasing
    assert diverse["unlikeness"].iloc[-1] > diverse["unlikeness"].iloc[0]
    assert diverse["ndcg"].iloc[0] >= diverse["ndcg"].iloc[-1] > 0
    pyplot.close("all")


def test_for_nobody_there_are_no_curves(workspace):
    assert recommend.tradeoff(workspace, "", "", RecommendParams(tradeoff_users=0)).empty


def test_calibration_without_categories_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    make_model(workspace, make_snapshot(workspace, KNOWN), MODEL, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    with pytest.raises(DataError, match=r"recommend\.calibration is of categories, but no item"):
        recommend.make_lists(workspace, "", "", RecommendParams(calibration=0.5))


def test_places_are_kept_or_re_ranked_not_both():
    with pytest.raises(ValueError, match="new_items_share keeps places by score"):
        RecommendParams(new_items_share=0.1, diversity=0.1)
