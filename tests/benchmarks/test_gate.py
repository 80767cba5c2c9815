"""A small version of `python benchmarks/gate.py`: seeded pairs whose truth is known."""

import gate
import numpy as np
import pytest


def promoted(pairs: int, better: float, **params: float) -> int:
    return sum(gate.decisions(pairs, 300, better, **params))


def test_equal_models_are_promoted_no_more_often_than_stated() -> None:
    """2.5 % of 60 pairs are expected; more than 6 would happen less than once in a thousand times."""
    assert promoted(60, 0.0) <= 6


def test_a_true_difference_is_found() -> None:
    assert promoted(30, 0.4) >= 27


def test_what_is_worse_by_the_margin_is_promoted_no_more_often_than_stated() -> None:
    assert promoted(60, -0.2, gate_margin=0.2) <= 6


def test_the_first_model_of_a_pair_has_so_much_more_in_the_mean() -> None:
    means = np.array([[scores.mean() for scores in gate.pair(5000, 0.2, seed)] for seed in range(20)])
    first, second = means.mean(axis=0)
    assert first / second == pytest.approx(1.2, abs=0.03)
