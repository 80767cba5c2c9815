import numpy as np
import pytest

from recpipe.core import retrieval
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, chunk_rows, top_k

# whole numbers: every score is exact, so ties are ties
RANDOM = np.random.default_rng(0)
ITEMS = RANDOM.integers(-3, 4, size=(41, 5)).astype(np.float32)
QUERIES = RANDOM.integers(-3, 4, size=(13, 5)).astype(np.float32)


def by_sorting(k: int, excluded: Ragged | None, allowed: np.ndarray | None) -> TopK:
    """The same by sorting all scores in numpy; stable, so the lower index comes first."""
    scores = QUERIES @ ITEMS.T
    scores[:, 0] = -np.inf
    if allowed is not None:
        scores[:, ~allowed] = -np.inf
    for row in range(len(excluded) if excluded else 0):
        scores[row, excluded[row]] = -np.inf  # type: ignore[index]
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    best = np.take_along_axis(scores, order, axis=1)
    return TopK(np.where(np.isneginf(best), 0, order).astype(np.int32), best)


EXCLUDED = Ragged.from_lists([RANDOM.choice(41, size=n % 7, replace=True) for n in range(13)])
ALLOWED = RANDOM.random(41) < 0.5


@pytest.mark.parametrize("excluded", [None, EXCLUDED])
@pytest.mark.parametrize("allowed", [None, ALLOWED])
@pytest.mark.parametrize("rows", [1, 4, 1000])
def test_it_finds_what_sorting_finds(
    excluded: Ragged | None, allowed: np.ndarray | None, rows: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retrieval, "MAX_CHUNK_ROWS", rows)
    found, expected = (search_(8, excluded, allowed) for search_ in (search, by_sorting))
    np.testing.assert_array_equal(found.indices, expected.indices)
    np.testing.assert_array_equal(found.scores, expected.scores)


def search(k: int, excluded: Ragged | None, allowed: np.ndarray | None) -> TopK:
    return top_k(QUERIES, ITEMS, k, excluded=excluded, allowed=allowed)


def test_ties_go_to_the_lower_index() -> None:
    found = top_k(np.ones((1, 1)), np.ones((6, 1)), 3)
    assert found.indices.tolist() == [[1, 2, 3]]


def test_the_unknown_item_is_never_returned() -> None:
    assert 0 not in top_k(np.ones((1, 1)), np.array([[9.0], [1], [2]]), 2).indices


def test_missing_places_are_zero_with_score_minus_infinity() -> None:
    found = top_k(np.ones((1, 1)), np.array([[0.0], [1], [2], [3]]), 5, excluded=Ragged.from_lists([[3]]))
    assert found.indices.tolist() == [[2, 1, 0, 0, 0]]
    assert found.scores.tolist() == [[2, 1, -np.inf, -np.inf, -np.inf]]


def test_excluded_items_beyond_the_known_ones_are_ignored() -> None:
    found = top_k(np.ones((1, 1)), np.array([[0.0], [1], [2]]), 1, excluded=Ragged.from_lists([[77]]))
    assert found.indices.tolist() == [[2]]


def test_no_queries_get_no_lists() -> None:
    assert top_k(np.empty((0, 5)), ITEMS, 3).indices.shape == (0, 3)


def test_the_scores_of_a_chunk_fit_in_the_bound_whatever_the_number_of_items() -> None:
    for items in (2, 10_000, 1_000_000, 10_000_000):
        rows = chunk_rows(items)
        assert 1 <= rows <= retrieval.MAX_CHUNK_ROWS
        assert rows * items * 4 <= retrieval.SCORE_BYTES


@pytest.mark.parametrize(
    ("queries", "excluded", "allowed", "named"),
    [
        (np.ones((2, 3)), None, None, "vectors do not fit"),
        (np.ones((2, 5)), Ragged.from_lists([[1]]), None, "2 queries but 1 rows"),
        (np.ones((2, 5)), None, np.ones(3, dtype=bool), "allowed mask"),
    ],
)
def test_shapes_that_do_not_fit_are_named(
    queries: np.ndarray, excluded: Ragged | None, allowed: np.ndarray | None, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        top_k(queries, ITEMS, 2, excluded=excluded, allowed=allowed)
