"""Metrics at every cutoff, against their formulas written out for one list at a time."""

from math import log2

import numpy as np
import pytest

from recpipe import evaluate
from recpipe.core.metrics import hits
from recpipe.core.ragged import Ragged
from recpipe.core.workspace import Workspace
from recpipe.evaluate.measures import CUTOFFS, METRICS, cutoffs, measured
from recpipe.evaluate.params import EvaluateParams
from tests.tiny import load, make_model, make_snapshot


def by_hand(metric: str, ranked: list[int], relevant: set[int], k: int) -> float:
    found = [rank for rank, item in enumerate(ranked[:k], start=1) if item in relevant]
    ideal = min(k, len(relevant))
    if metric == "ndcg":
        return sum(1 / log2(rank + 1) for rank in found) / sum(
            1 / log2(rank + 1) for rank in range(1, ideal + 1)
        )
    if metric == "recall":
        return len(found) / ideal
    if metric == "mrr":
        return 1 / found[0] if found else 0.0
    return float(bool(found))


@pytest.mark.parametrize("metric", METRICS)
def test_a_metric_is_its_formula_on_random_lists(metric: str) -> None:
    random = np.random.default_rng(1)
    lists = np.stack([random.permutation(120)[:50] + 1 for _ in range(200)])
    relevant = [set(random.choice(120, size=random.integers(1, 80), replace=False) + 1) for _ in lists]
    rows = Ragged.from_lists([sorted(row) for row in relevant])
    found = measured(hits(lists, rows), rows.lengths, CUTOFFS)
    for k in CUTOFFS:
        expected = [by_hand(metric, list(row), right, k) for row, right in zip(lists, relevant, strict=True)]
        assert found[f"{metric}@{k}"] == pytest.approx(expected, abs=1e-12)


def test_a_known_list_has_known_values() -> None:
    # hits at ranks 2 and 3 of 4 right answers
    found = measured(np.array([[False, True, True, False, False]]), np.array([4]), (1, 2, 5))
    assert found["ndcg@5"][0] == pytest.approx(
        (1 / log2(3) + 1 / log2(4)) / (1 + 1 / log2(3) + 1 / log2(4) + 1 / log2(5))
    )
    assert [found[f"recall@{k}"][0] for k in (1, 2, 5)] == [0, 0.5, 0.5]
    assert [found[f"mrr@{k}"][0] for k in (1, 2, 5)] == [0, 0.5, 0.5]
    assert [found[f"hit_rate@{k}"][0] for k in (1, 2, 5)] == [0, 1, 1]


def test_k_is_measured_beside_the_usual_cutoffs() -> None:
    assert cutoffs(10) == CUTOFFS
    assert cutoffs(7) == (5, 7, 10, 20, 50)
    assert cutoffs(100)[-1] == 100


def test_ties_go_to_the_lower_item_id_at_every_cutoff(tmp_path) -> None:
    """All items score alike; each user's right answer is the one of the same rank in the order of ids."""
    workspace = Workspace.open(tmp_path)
    items = [f"i{number:02d}" for number in range(60)]
    known = {"all": items, **{f"u{number:02d}": [] for number in range(60)}}
    make_snapshot(workspace, known, {f"u{number:02d}": [items[number]] for number in range(60)})
    test = evaluate.held_out(workspace, "", EvaluateParams())
    recommender = load(
        workspace, make_model(workspace, test.snapshot.name, {i: [1.0] for i in items}, name="m")
    )
    scores = evaluate.score(recommender, test)
    for k in CUTOFFS:
        expected = [1 / (rank + 1) if rank < k else 0 for rank in range(60)]
        assert scores.by_user[f"mrr@{k}"].tolist() == pytest.approx(expected)
    assert scores.lists[0].tolist() == list(range(1, 51))


def test_ndcg_at_k_is_the_one_that_the_gate_compares(tmp_path) -> None:
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"a": ["x", "y"], "b": ["y", "z"]}, {"a": ["z"], "b": ["x"]})
    test = evaluate.held_out(workspace, "", EvaluateParams(k=3))
    vectors = {"x": [1.0], "y": [2.0], "z": [3.0]}
    scores = evaluate.score(
        load(workspace, make_model(workspace, test.snapshot.name, vectors, name="m")), test
    )
    assert scores.ndcg is scores.by_user["ndcg@3"]
    assert scores.recall is scores.by_user["recall@3"]
