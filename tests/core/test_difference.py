import numpy as np
import pytest

from recpipe.core.difference import paired_difference


def test_what_is_hard_for_both_models_is_no_doubt():
    """Scores vary from user to user, the difference does not."""
    hard = np.array([0.0, 0.3, 0.6])
    found = paired_difference(hard + 0.1, hard)
    assert found.ndcg == pytest.approx(0.1)
    assert found.standard_error == pytest.approx(0.0)


def test_the_standard_error_is_that_of_the_mean_of_the_paired_differences():
    found = paired_difference(np.array([0.5, 0.0, 1.0, 0.5]), np.array([0.5, 0.5, 0.5, 0.0]))
    # differences 0, -1/2, 1/2, 1/2: mean 1/8, squares about it 9/64 * 2 + 25/64 + 1/64
    assert found.ndcg == 1 / 8
    assert found.standard_error == pytest.approx(((9 + 9 + 25 + 1) / 64 / 3 / 4) ** 0.5)
    assert str(found) == "+0.1250 ± 0.2394"


def test_one_user_says_nothing_of_others():
    found = paired_difference(np.array([0.5]), np.array([0.75]))
    assert (found.standard_error, str(found)) == (None, "-0.2500 ± unknown")


def test_different_users_are_not_paired():
    with pytest.raises(ValueError, match="cannot be paired"):
        paired_difference(np.zeros(2), np.zeros(1))
