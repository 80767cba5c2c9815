import numpy as np
import pytest

from recpipe import evaluate
from recpipe.core.workspace import Workspace
from recpipe.evaluate import questions as module
from recpipe.evaluate.params import EvaluateParams
from tests.tiny import load, make_model, make_snapshot

# everybody has one of a pair and buys the other in the test
KNOWN = {"ann": ["a1"], "bob": ["b1"], "cat": ["c1"], "dan": ["a2"], "eve": ["b2"], "fay": ["c2"]}
TEST = {"ann": ["a2"], "bob": ["b2"], "cat": ["c2"], "dan": ["a1"], "eve": ["b1"], "fay": ["c1", "a1"]}
PAIRS = {f"{pair}{i}": np.eye(3)[row].tolist() for row, pair in enumerate("abc") for i in (1, 2)}


@pytest.fixture
def workspace(tmp_path):
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, KNOWN, TEST)
    return workspace


def scored(workspace, vectors, name="mean-a", kind="mean", **params):
    test = evaluate.held_out(workspace, "", EvaluateParams(**params))
    recommender = load(workspace, make_model(workspace, test.snapshot.name, vectors, name=name, kind=kind))
    return evaluate.score(recommender, test)


def test_a_model_that_knows_the_pairs_finds_every_partner(workspace):
    scores = scored(workspace, PAIRS, k=1)
    assert scores.means() == {"ndcg@1": 1.0, "recall@1": 1.0, "coverage": 1.0}


def test_k_is_the_length_of_the_scored_list(workspace):
    """Fay also buys a1, which follows c1 and the ties before it: place two of her list."""
    assert scored(workspace, PAIRS, k=2).recall.tolist() == [1, 1, 1, 1, 1, 1]
    last = {"a1": [0.0], "a2": [5.0], "b1": [4.0], "b2": [3.0], "c1": [2.0], "c2": [1.0]}
    assert scored(workspace, last, "popularity-a", "popularity", k=1).recall.tolist() == [1, 0, 0, 0, 0, 0]


def test_ndcg_discounts_by_rank(workspace):
    falling = {"a1": [6.0], "a2": [5.0], "b1": [4.0], "b2": [3.0], "c1": [2.0], "c2": [1.0]}
    scores = scored(workspace, falling, "popularity-a", "popularity", k=3)
    # ann had a1: a2, b1, b2; bob had b1: a1, a2, b2; cat had c1: a1, a2, b1; fay: a1 of {a1, c1}
    ideal_of_two = 1 + 1 / np.log2(3)
    assert scores.ndcg.tolist() == pytest.approx([1, 1 / np.log2(4), 0, 1, 1 / np.log2(4), 1 / ideal_of_two])
    assert scores.recall.tolist() == [1, 1, 0, 1, 1, 0.5]


def test_seen_items_allowed_take_places_in_the_list(workspace):
    assert scored(workspace, PAIRS, k=1, seen="allow").recall.mean() < 1


def test_a_champion_of_another_snapshot_is_scored_on_the_same_candidates(workspace):
    shuffled = {"0-gone": [1.0, 1.0, 1.0], **PAIRS, "z-gone": [9.0, 9.0, 9.0]}
    assert scored(workspace, shuffled, "mean-old").ndcg.tolist() == scored(workspace, PAIRS).ndcg.tolist()


def test_chunks_change_no_score(workspace, monkeypatch):
    expected = scored(workspace, PAIRS).ndcg.tolist()
    monkeypatch.setattr(module, "CHUNK_USERS", 2)
    assert scored(workspace, PAIRS).ndcg.tolist() == expected


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_scores_that_are_not_finite_count_as_nothing_and_are_named(workspace, bad):
    scores = scored(workspace, {**PAIRS, "a1": [bad, 0.0, 0.0]})
    assert scores.problem == "model version mean-a: its item vectors are not finite"
    assert scores.means()["ndcg@10"] == 0


def test_a_collapsed_model_is_named(workspace):
    scores = scored(workspace, {item: [1.0] for item in PAIRS})
    assert scores.problem == "model version mean-a: every item has the same score"


def test_an_honest_model_has_no_problem(workspace):
    assert scored(workspace, PAIRS).problem == ""


def test_a_list_of_one_is_no_sign_of_collapse(workspace):
    assert scored(workspace, PAIRS, k=1).problem == ""


def test_lists_are_full_when_nothing_more_could_be_listed(workspace):
    assert scored(workspace, PAIRS, k=3).full_lists == 1
    assert scored(workspace, PAIRS, k=10).full_lists == 1, "five items are left to each"
    known = {item: vector for item, vector in PAIRS.items() if item != "a2"}
    # ann, who knows a1, has four of five left; dan, of whom nothing is known, gets the popular list
    assert scored(workspace, known, "mean-b", k=5).full_lists == 1 / 6


def test_models_stand_side_by_side_with_popularity_as_the_measure(workspace):
    scores = {
        "challenger": scored(workspace, PAIRS, k=1),
        "popularity": scored(
            workspace, {item: [float(i)] for i, item in enumerate(PAIRS)}, "popularity-a", "popularity", k=1
        ),
    }
    table = evaluate.compare(scores)
    assert table.index.tolist() == ["challenger", "popularity"]
    assert table.loc["challenger", "times popularity"] == 6 / 2, "c2 is right for cat, c1 for fay"
    assert table.loc["popularity", "times popularity"] == 1
    assert table.loc["popularity", "challenger ahead by"] == pytest.approx(4 / 6)
    # four of six users gain 1, two nothing
    assert table.loc["popularity", "standard error"] == pytest.approx((4 / 6 * 2 / 6 / 5) ** 0.5)
    assert table.loc["challenger", ["challenger ahead by", "standard error"]].isna().all()


def test_users_are_grouped_by_what_was_known_of_them(tmp_path):
    workspace = Workspace.open(tmp_path)
    known = {"new": [], "old": ["a1", "b1"], "other": ["a1", "c1"]}
    make_snapshot(workspace, known, {"new": ["a1"], "old": ["c1"]})
    test = evaluate.held_out(workspace, "", EvaluateParams(k=1))
    vectors = {"a1": [1.0], "b1": [0.0], "c1": [0.5]}
    recommender = load(workspace, make_model(workspace, test.snapshot.name, vectors, name="mean-a"))
    groups = evaluate.history_groups(test)
    table = evaluate.by_group(groups, {"challenger": evaluate.score(recommender, test)})
    assert table.index.tolist() == ["0–0 events\n(1 users)", "2–2 events\n(1 users)"]
    assert table["challenger"].tolist() == [1.0, 1.0]


def test_the_gate_looks_at_groups_by_history_and_at_the_segments_of_users(tmp_path):
    workspace = Workspace.open(tmp_path)
    known = {"new": [], "old": ["a1", "b1"], "other": ["a1", "c1"]}
    make_snapshot(workspace, known, {"new": ["a1"], "old": ["c1"]})
    params = EvaluateParams(k=1, min_segment=1)
    groups = evaluate.user_groups(evaluate.held_out(workspace, "", params), params)
    assert {name: users.tolist() for name, users in groups.items()} == {
        "0–0 events": [True, False],
        "2–2 events": [False, True],
        "activity new: nothing known": [True, False],
        "activity light: up to 2 events": [False, True],
    }
