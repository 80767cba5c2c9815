import numpy as np
import pytest

from recpipe.core.mixture import Mixture
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import log_normalizers, top_k


def softmax(scores):
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    return scores / scores.sum(axis=1, keepdims=True)


def by_hand(queries, vectors, own, p_own, weight, allowed, k):
    """Each query by itself: all items scored, sorted by score and then by index."""
    items = np.flatnonzero(allowed)
    lists = []
    for row, query in enumerate(queries):
        mixed = (1 - weight) * softmax((query @ vectors[items].T)[None])[0]
        for item, p in zip(own[row], p_own[own.offsets[row] : own.offsets[row + 1]], strict=True):
            if allowed[item]:
                mixed[np.searchsorted(items, item)] += weight * p
        order = np.lexsort((items, -mixed))[:k]
        lists.append((items[order].tolist(), np.log(mixed[order]).tolist()))
    return lists


@pytest.fixture
def world():
    """Thirty items of which two are not allowed; own items as many as none, one and nine."""
    random = np.random.default_rng(0)
    vectors = np.vstack([np.zeros(4), random.normal(size=(30, 4))]).astype(np.float32)
    queries = random.normal(size=(12, 4)).astype(np.float32)
    own = Ragged.from_lists(
        [np.sort(random.choice(30, size, replace=False) + 1) for size in [0, 1, 4, 9] * 3]
    )
    p_own = random.random(len(own.values))
    p_own /= np.bincount(own.row_numbers, p_own)[own.row_numbers]
    allowed = np.ones(31, bool)
    allowed[[0, 7, 20]] = False
    return queries, vectors, own, p_own, allowed


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.9, 0.999])
def test_a_mixed_list_is_the_one_merged_by_hand(world, weight):
    queries, vectors, own, p_own, allowed = world
    found = Mixture.of(queries, vectors, 5, own, np.log(p_own), allowed).top_k(weight)
    for row, (items, scores) in enumerate(by_hand(queries, vectors, own, p_own, weight, allowed, 5)):
        assert found.indices[row].tolist() == items
        assert found.scores[row] == pytest.approx(scores, abs=1e-4)


def test_without_own_items_a_list_is_that_of_all_items(world):
    queries, vectors, _, _, allowed = world
    nothing = Ragged.from_lists([[]] * len(queries))
    found = Mixture.of(queries, vectors, 5, nothing, np.empty(0), allowed).top_k(0.9)
    assert np.array_equal(found.indices, top_k(queries, vectors, 5, allowed=allowed).indices)


def test_equal_scores_are_ordered_by_index_whether_own_or_not():
    vectors = np.zeros((6, 1), np.float32)
    own = Ragged.from_lists([[2, 5]])
    found = Mixture.of(np.ones((1, 1), np.float32), vectors, 5, own, np.log([0.5, 0.5])).top_k(0.5)
    assert found.indices.tolist() == [[2, 5, 1, 3, 4]]


def test_fewer_items_than_k_leave_places_empty():
    found = Mixture.of(
        np.ones((1, 1), np.float32), np.ones((3, 1), np.float32), 4, Ragged.from_lists([[2]]), np.zeros(1)
    ).top_k(0.5)
    assert found.indices.tolist() == [[2, 1, 0, 0]]
    assert np.isneginf(found.scores[0, 2:]).all()


def test_products_of_own_items_do_not_depend_on_the_block(world, monkeypatch):
    queries, vectors, own, p_own, allowed = world
    whole = Mixture.of(queries, vectors, 5, own, np.log(p_own), allowed).log_all_own
    monkeypatch.setattr("recpipe.core.mixture.PAIR_BLOCK", 3)
    assert np.allclose(Mixture.of(queries, vectors, 5, own, np.log(p_own), allowed).log_all_own, whole)


def test_a_log_normalizer_is_the_log_of_the_sum_over_allowed_items(world, monkeypatch):
    queries, vectors, _, _, allowed = world
    expected = np.log(np.exp(queries @ vectors[allowed].T).sum(axis=1))
    assert log_normalizers(queries, vectors, allowed) == pytest.approx(expected, abs=1e-5)
    monkeypatch.setattr("recpipe.core.retrieval.MAX_CHUNK_ROWS", 5)
    assert log_normalizers(queries, vectors, allowed) == pytest.approx(expected, abs=1e-5)
