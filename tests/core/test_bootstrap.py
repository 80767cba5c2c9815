import numpy as np
import pytest

from recpipe.core import bootstrap
from recpipe.core.bootstrap import difference_interval, mean_interval, mean_intervals, resampled_means


def drawn(users, *, seed=0, mean=0.0):
    return np.random.default_rng(seed).normal(mean, 1, users)


def test_the_interval_of_many_users_is_that_of_the_normal_approximation():
    scores = drawn(4000)
    error = scores.std(ddof=1) / np.sqrt(len(scores))
    found = mean_interval(scores, resamples=4000)
    assert found.estimate == scores.mean()
    assert found.low == pytest.approx(scores.mean() - 1.96 * error, abs=0.06 * error)
    assert found.high == pytest.approx(scores.mean() + 1.96 * error, abs=0.06 * error)


@pytest.mark.parametrize(("users", "confidence"), [(10, 0.9), (60, 0.9), (60, 0.5)])
def test_intervals_hold_the_true_mean_as_often_as_they_say(users, confidence):
    """Each column is a test of its own, with the true mean 0."""
    tests = np.random.default_rng(1).normal(0, 1, (users, 1000))
    found = mean_intervals(tests, confidence=confidence, resamples=500)
    holds = np.mean([one.low <= 0 <= one.high for one in found])
    # four standard errors of a share of 1000, and the bootstrap's own noise
    assert holds == pytest.approx(confidence, abs=0.065)


def test_a_higher_confidence_gives_a_wider_interval():
    narrow, wide = (mean_interval(drawn(100), confidence=confidence) for confidence in (0.8, 0.99))
    assert wide.low < narrow.low < narrow.high < wide.high


def test_what_is_hard_for_both_models_is_no_doubt():
    hard = drawn(200)
    found = difference_interval(hard + 0.1, hard)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.1, 0.1, 0.1))


def test_a_paired_interval_is_narrower_than_the_models_own():
    hard, noise = drawn(500), 0.1 * drawn(500, seed=1)
    apart, own = difference_interval(hard + noise, hard), mean_interval(hard)
    assert apart.high - apart.low < 0.2 * (own.high - own.low)


def test_different_users_are_not_paired():
    with pytest.raises(ValueError, match="cannot be paired"):
        difference_interval(np.zeros(2), np.zeros(1))


def test_the_same_seed_draws_the_same_users_and_another_seed_others():
    scores = drawn(50)[:, None]
    first, again, other = (resampled_means(scores, seed=seed) for seed in (1, 1, 2))
    assert (first == again).all()
    assert (first != other).any()


def test_columns_are_resampled_together():
    scores = np.stack([drawn(50), 2 * drawn(50)], axis=1)
    found = resampled_means(scores, resamples=100)
    assert found.shape == (100, 2)
    assert found[:, 1] == pytest.approx(2 * found[:, 0])


def test_each_resample_draws_as_many_users_as_there_are():
    assert resampled_means(np.ones((7, 1)), resamples=30) == pytest.approx(1)


def test_the_size_of_a_chunk_changes_no_interval(monkeypatch):
    scores = drawn(30)
    whole = resampled_means(scores[:, None])
    monkeypatch.setattr(bootstrap, "CHUNK_DRAWS", 100)
    assert resampled_means(scores[:, None]) == pytest.approx(whole, abs=1e-12)


def test_of_one_user_nothing_can_be_said():
    found = mean_interval(np.array([0.5]))
    assert (found.estimate, found.low, found.high) == (0.5, -np.inf, np.inf)


def test_no_users_have_no_interval():
    with pytest.raises(ValueError, match="no users"):
        mean_interval(np.zeros(0))
