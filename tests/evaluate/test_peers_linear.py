"""EASE and ridge: their definition, their two sides, and what they find."""

import numpy as np
import pytest

from recpipe.core.linear import Diagonal, by_items, by_users
from recpipe.evaluate.peers.ease import BY_POSITION, ease, ridge
from tests.knowns import checkerboard, known, random_known

BOTH: tuple[Diagonal, ...] = ("zero", "kept")


@pytest.mark.parametrize("diagonal", BOTH)
@pytest.mark.parametrize("items", [12, 80])
def test_the_smaller_side_gives_what_the_larger_gives(items: int, diagonal: Diagonal) -> None:
    counts = random_known(30, items).counts("log")
    small, large = (solve(counts, 3.0, diagonal)(counts) for solve in (by_users, by_items))
    assert small == pytest.approx(large, abs=1e-5)
    assert np.abs(large).max() > 0.1


def test_a_row_that_was_not_fitted_is_scored_as_by_the_larger_side() -> None:
    counts, others = random_known(30, 80).counts("log"), random_known(50, 80).counts("log")[30:]
    for diagonal in BOTH:
        small, large = (solve(counts, 3.0, diagonal)(others) for solve in (by_users, by_items))
        assert small == pytest.approx(large, abs=1e-5)


def test_ease_without_its_diagonal_solves_its_own_least_squares() -> None:
    """Item j regressed on all others with penalty l2 is what column j of B must be."""
    counts = random_known(30, 12).counts("log")
    scores, dense = by_items(counts, 2.0, "zero")(counts), counts.toarray().astype(float)
    for item in range(12):
        others = np.delete(np.arange(12), item)
        x = dense[:, others]
        weights = np.linalg.solve(x.T @ x + 2.0 * np.eye(11), x.T @ dense[:, item])
        assert scores[:, item] == pytest.approx(x @ weights, abs=1e-5)


def test_ridge_solves_least_squares_of_the_counts_on_themselves() -> None:
    counts = random_known(30, 12).counts()
    dense = counts.toarray().astype(float)
    expected = dense @ np.linalg.solve(dense.T @ dense + 2.0 * np.eye(12), dense.T @ dense)
    assert by_items(counts, 2.0, "kept")(counts) == pytest.approx(expected, abs=1e-5)


def test_ease_finds_the_withheld_square_of_a_checkerboard() -> None:
    known_ = checkerboard()
    users = np.arange(known_.users)
    scores = ease(known_, {"counts": "binary", "l2": 1.0})(users).copy()
    scores[known_.rows, known_.columns] = -np.inf
    assert scores.argmax(axis=1).tolist() == users.tolist()


def test_ridge_says_that_an_item_comes_again_where_ease_cannot() -> None:
    alone = known([[(1, 0.0)] * 5, [(2, 0.0)] * 5], items=2)  # nobody has both
    setting = {"counts": "count", "l2": 1.0}
    assert ridge(alone, setting)(np.array([0]))[0] == pytest.approx([5 * 25 / 26, 0])
    assert ease(alone, setting)(np.array([0]))[0] == pytest.approx([0, 0])


def test_decay_by_position_follows_the_latest_event() -> None:
    pairs = [[(1, 0.0), (2, 0.0)]] * 5 + [[(3, 0.0), (4, 0.0)]] * 5
    asked = [[(3, 0.0), (1, 0.0)], [(1, 0.0), (3, 0.0)]]
    world = known([*pairs, *asked], 4)
    setting = {"counts": "decayed", "half_life_events": 1, "l2": 1.0}
    scores = BY_POSITION.fit(world, setting)(np.array([10, 11]))
    assert scores[0, 1] > scores[0, 3]
    assert scores[1, 3] > scores[1, 1]
