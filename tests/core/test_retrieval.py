import numpy as np
import pytest

from recpipe.core import retrieval, tiles
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
@pytest.mark.parametrize(
    ("tile_items", "tile_bytes", "pending"), [(3, 16, 1), (7, 999, 50), (16, 999, 50), (1000, 10**6, 10**6)]
)
def test_it_finds_what_sorting_finds_however_it_is_tiled(
    excluded: Ragged | None,
    allowed: np.ndarray | None,
    tile_items: int,
    tile_bytes: int,
    pending: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tiles, "TILE_ITEMS", tile_items)
    monkeypatch.setattr(tiles, "TILE_BYTES", tile_bytes)
    monkeypatch.setattr(tiles, "PENDING", pending)
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


@pytest.mark.parametrize("k", [1, 2, 8, 40])
def test_the_bar_of_the_first_tile_loses_nothing(k: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one tile of 40 items and few places, groups of items set a bar; with many they cannot."""
    np.testing.assert_array_equal(search(k, EXCLUDED, None).indices, by_sorting(k, EXCLUDED, None).indices)


@pytest.mark.parametrize("falling", [False, True])
def test_scores_in_order_of_the_items_are_no_trap(falling: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Rising scores pass every bar; all that pass are sorted in before they are too many."""
    monkeypatch.setattr(tiles, "TILE_ITEMS", 16)
    monkeypatch.setattr(tiles, "PENDING", 64)
    items = np.arange(1000, dtype=np.float32)[:, None] * (-1 if falling else 1)
    found = top_k(np.ones((3, 1), np.float32), items, 3)
    assert found.indices.tolist() == [[1, 2, 3] if falling else [999, 998, 997]] * 3


def test_a_tile_stays_within_its_bound() -> None:
    for items, k in ((2, 1), (10_000, 100), (1_000_000, 100), (1_000_000, 1_000_000)):
        rows = tiles.tile_rows(items, k)
        assert rows == 1 or rows * max(k, min(items, tiles.TILE_ITEMS)) * 4 <= tiles.TILE_BYTES
