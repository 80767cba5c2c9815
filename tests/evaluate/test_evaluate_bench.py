"""The bench card on a checkerboard, where the right answers are known: user u wants item u."""

import json
import re

import numpy as np
import pytest

from recpipe import evaluate
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, tables
from recpipe.evaluate.peers import peers_of
from recpipe.evaluate.peers.cost import Size
from recpipe.evaluate.rivals import plan
from recpipe.evaluate.shortcuts import _candidates, random_split
from tests.evaluate.conftest import SIZE
from tests.knowns import known
from tests.tiny import load, make_model, make_snapshot

PARAMS = EvaluateParams(k=3, min_segment=5)


@pytest.fixture
def compared(board):
    """Two contestants: one that likes what has the colour of the history, and popularity."""
    ids = board.snapshot.vocabulary.ids
    colours = {item: [float(row % 2 == 0), float(row % 2), 0.0] for row, item in enumerate(ids)}
    models = {
        "challenger": make_model(board.workspace, "board", colours, name="mean-a"),
        "popularity": make_model(
            board.workspace, "board", {item: [1.0] for item in ids}, name="popularity-a", kind="popularity"
        ),
    }
    contestants = {role: load(board.workspace, version) for role, version in models.items()}
    return contestants, {role: evaluate.score(one, board) for role, one in contestants.items()}


@pytest.fixture
def card(board, compared):
    contestants, scores = compared
    return evaluate.bench(board, contestants, scores, PARAMS)


def test_contestants_and_peers_stand_side_by_side_at_every_cutoff(card, compared) -> None:
    assert set(card.accuracy) == {"challenger", "popularity", "item-kNN", "ALS", "EASE"}
    for name in ("challenger", "popularity"):
        told = card.accuracy[name]
        assert set(told) == {
            f"{m}@{k}" for m in ("ndcg", "recall", "mrr", "hit_rate") for k in (3, 5, 10, 20, 50)
        }
        assert told["ndcg@3"].estimate == pytest.approx(compared[1][name].ndcg.mean())


def test_the_withheld_squares_are_found_by_whoever_sees_the_colours(card) -> None:
    # two of a user's ten squares were withheld, one for validation
    assert card.accuracy["challenger"]["recall@3"].estimate == 1
    assert card.accuracy["EASE"]["recall@3"].estimate == 1
    assert card.accuracy["popularity"]["recall@3"].estimate < 1


def test_without_a_budget_no_peer_is_fitted(board, compared) -> None:
    contestants, scores = compared
    card = evaluate.bench(board, contestants, scores, PARAMS.model_copy(update={"peers_cpu_seconds": 0.0}))
    assert set(card.accuracy) == {"challenger", "popularity"}
    assert [one.name for one in card.shortcuts] == ["100 sampled candidates", "seen items kept"]


def test_a_peer_that_would_cost_too_much_is_left_out_and_named() -> None:
    size = Size(users=1_000_000, items=20_000, pairs=50_000_000, squares=10**10, asked=1_000_000)
    planned = plan(peers_of("time", "exclude"), size, 2000)
    assert (planned.tries, set(planned.left_out)) == ({"item-kNN": 1}, {"ALS", "EASE"})
    assert not plan(peers_of("time", "exclude"), size, 10**7).left_out


def test_what_is_left_of_the_budget_tries_settings() -> None:
    size = Size(users=100, items=50, pairs=1000, squares=20_000, asked=100)
    assert plan(peers_of("time", "exclude"), size, 60).tries == {"item-kNN": 2, "ALS": 1, "EASE": 4}


def test_where_seen_items_are_allowed_own_frequency_is_a_peer() -> None:
    size = Size(users=100, items=50, pairs=1000, squares=20_000, asked=100)
    assert "own frequency, decayed" in plan(peers_of("time", "allow"), size, 60).tries


def test_the_metric_chosen_is_that_of_the_segments(board, compared) -> None:
    contestants, scores = compared
    cards = {
        metric: evaluate.bench(
            board,
            contestants,
            scores,
            EvaluateParams(k=3, min_segment=5, metric=metric, peers_cpu_seconds=0),
        )
        for metric in ("ndcg", "mrr")
    }
    means = {metric: one.segments["popularity"][0].mean.estimate for metric, one in cards.items()}
    assert means["ndcg"] != means["mrr"]


def test_a_metric_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(ValueError, match="'ndcg', 'recall', 'mrr' or 'hit_rate'"):
        EvaluateParams(metric="auc")


def test_a_segment_below_the_minimum_is_on_no_card(board, compared) -> None:
    contestants, scores = compared
    none = evaluate.bench(
        board, contestants, scores, EvaluateParams(k=3, min_segment=SIZE + 1, peers_cpu_seconds=0)
    )
    assert none.segments == {"challenger": [], "popularity": []}
    assert tables.by_segment(none).rows == []


def test_scores_that_are_no_numbers_give_a_card_that_says_so(board, compared) -> None:
    contestants, scores = compared
    contestants["challenger"].item_vectors[1] = np.nan
    scores["challenger"] = evaluate.score(contestants["challenger"], board)
    card = evaluate.bench(board, contestants, scores, PARAMS.model_copy(update={"peers_cpu_seconds": 0.0}))
    assert card.shortcuts == []
    assert card.accuracy["challenger"]["ndcg@3"].estimate == 0
    assert card.beyond["challenger"]["novelty (bits)"] is None


def test_a_card_is_ready_for_json(card) -> None:
    told = json.loads(json.dumps(card.record(), allow_nan=False))
    assert (
        told["accuracy"]["challenger"]["ndcg@3"]["estimate"] == card.accuracy["challenger"]["ndcg@3"].estimate
    )
    assert "shown" not in told


def test_the_page_needs_nothing_from_elsewhere_and_the_card_tells_the_same(
    board, compared, card, tmp_path
) -> None:
    _, scores = compared
    board.snapshot.manifest["inputs"] = {"events": 400, "data": "by hand"}
    decision = evaluate.Decision("mean-a", "", "it is <best>")
    page = evaluate.write_page(tmp_path, board.workspace, scores, board, decision, card).read_text()
    markdown = evaluate.write_card(board.workspace, "challenger", scores, board, decision, card).read_text()
    assert page.count("data:image/png;base64,") == 5
    assert not re.search(r"https?://|<script|<link", page)
    assert "it is &lt;best&gt;" in page
    for heading in ("Bench card", "Beyond accuracy", "Segments", "What shortcuts would have shown", "Limits"):
        assert f"<h2>{heading}</h2>" in page
        assert f"## {heading}\n" in markdown
    assert str(card.accuracy["EASE"]["ndcg@3"]) in markdown


def test_a_shortcut_is_shown_beside_what_is_true(card) -> None:
    sampled, seen, random = card.shortcuts
    # with 20 items hardly any negative is left: all are right
    assert sampled.ndcg.estimate >= sampled.honest.estimate
    assert seen.ndcg.estimate < seen.honest.estimate, "what a user had takes the places"
    assert random.model == "EASE in place of the model"


def test_sampled_candidates_are_the_right_answers_and_so_many_that_the_user_never_took() -> None:
    relevant, seen = Ragged.from_lists([[5], [7, 9]]), Ragged.from_lists([[1, 2], []])
    may = _candidates(relevant, seen, 1000, np.random.default_rng(0))
    assert may.sum(axis=1).tolist() == [101, 102]
    assert may[0, 5]
    assert may[1, [7, 9]].all()
    assert not may[0, [0, 1, 2]].any()


def test_a_random_split_holds_out_so_many_items_of_a_user_and_leaves_no_trace_of_them() -> None:
    everything = known(
        [[(1, 0.0), (2, 1.0), (2, 5.0), (3, 2.0), (4, 3.0)], [(1, 0.0)], [(2, 0.0), (3, 1.0)]], 4
    )
    rest, exam = random_split(everything, np.array([0, 1, 2]), np.array([2, 1, 5]), 3)
    assert exam.users.tolist() == [0, 2], "of one item nothing can be held out"
    assert exam.relevant.lengths.tolist() == [2, 1]
    left = rest.counts("binary").toarray()
    for row, user in enumerate(exam.users):
        assert not left[user, exam.relevant[row] - 1].any()
    assert left.sum(axis=1).tolist() == [2, 1, 1]


def test_the_same_test_gives_the_same_card(board, compared, card) -> None:
    contestants, scores = compared
    again = evaluate.bench(board, contestants, scores, PARAMS)
    assert again.record() == card.record()


def test_nobody_to_ask_is_an_error_before_any_peer_is_fitted(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"a": ["x"]}, {})
    with pytest.raises(DataError, match="nobody can be asked"):
        evaluate.held_out(workspace, "", EvaluateParams())
