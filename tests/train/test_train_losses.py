"""Losses by hand, on logits that are given."""

import math

import numpy as np
import pytest
import tensorflow as tf

from recpipe.train import chance
from recpipe.train.losses import (
    MOST_SOFTMAX_ITEMS,
    Bce,
    Candidates,
    Sampled,
    SampledSoftmax,
    Softmax,
    chosen_loss,
    cross_entropy,
)
from recpipe.train.settings import Settings
from recpipe.train.two_tower import is_foreign

QUERIES = tf.constant([[1.0, 0.0], [0.0, 2.0]])
VECTORS = tf.constant([[9.0, 9.0], [1.0, 0.0], [0.0, 1.0], [2.0, 1.0]])  # row 0 is no item


def test_softmax_is_the_cross_entropy_over_all_items() -> None:
    logits = [[1, 0, 2], [0, 2, 2]]
    expected = np.mean(
        [math.log(sum(map(math.exp, row))) - row[at] for row, at in zip(logits, (0, 2), strict=True)]
    )
    assert float(Softmax()(QUERIES, tf.constant([[1], [3]]), VECTORS[1:])) == pytest.approx(expected)


def test_the_gradient_of_the_cross_entropy_is_that_of_tensorflows_own() -> None:
    logits = tf.random.stateless_normal([5, 7], [1, 2])
    targets = tf.constant([[0], [1], [2], [3], [6]])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(logits)
        own = tf.reduce_sum(cross_entropy(logits, targets) ** 2)
        reference = tf.reduce_sum(tf.nn.sparse_softmax_cross_entropy_with_logits(targets[:, 0], logits) ** 2)
    np.testing.assert_allclose(own, reference, rtol=1e-5)
    np.testing.assert_allclose(tape.gradient(own, logits), tape.gradient(reference, logits), atol=1e-5)


def test_softmax_of_several_targets_is_the_mean_of_theirs() -> None:
    one, other = (float(Softmax()(QUERIES, tf.constant([[a], [a]]), VECTORS[1:])) for a in (1, 3))
    both = float(Softmax()(QUERIES, tf.constant([[1, 3], [1, 3]]), VECTORS[1:]))
    assert both == pytest.approx((one + other) / 2)


def test_softmax_leaves_out_what_is_barred() -> None:
    barred = tf.constant([[False, False, True], [False, True, True]])  # but the target counts
    expected = np.mean([math.log(math.e + 1) - 1, math.log(1 + math.exp(2)) - 2])
    found = float(Softmax()(QUERIES, tf.constant([[1], [2]]), VECTORS[1:], barred))
    assert found == pytest.approx(expected)


def test_sampled_softmax_with_all_others_as_candidates_is_softmax() -> None:
    targets, candidates = tf.constant([[1], [2]]), tf.constant([1, 2, 3])
    full = float(Softmax()(QUERIES, targets, VECTORS[1:]))
    assert sampled(SampledSoftmax(), targets, candidates, tf.zeros([3])) == pytest.approx(full)


def test_a_candidate_expected_twice_counts_half() -> None:
    targets, twice = tf.constant([[1], [2]]), tf.constant([1, 2, 3, 3])
    once = sampled(SampledSoftmax(), targets, tf.constant([1, 2, 3]), tf.zeros([3]))
    halved = sampled(SampledSoftmax(), targets, twice, tf.math.log([1.0, 1.0, 2.0, 2.0]))
    assert halved == pytest.approx(once)


def test_bce_of_all_negatives_is_the_plain_sigmoid_loss() -> None:
    params = Settings(negatives=2)
    loss = Bce(params, item_count=3, start_bias=0.0)  # its two negatives are all there are: no correction
    targets, candidates = tf.constant([[1], [1]]), tf.constant([2, 3])
    logits = [[1, 0, 2], [0, 2, 2]]
    expected = np.mean(
        [np.log1p(np.exp(-a)) + np.log1p(np.exp(b)) + np.log1p(np.exp(c)) for a, b, c in logits]
    )
    assert loss.power == pytest.approx(1)
    assert sampled(loss, targets, candidates, tf.zeros([2])) == pytest.approx(expected)


def test_bce_weighs_the_positive_less_the_fewer_negatives_are_drawn() -> None:
    # Petrov & Macdonald: power = share * (t * (1 - 1 / share) + 1 / share), t = 0.75
    assert Bce(Settings(negatives=10), item_count=101, start_bias=0.0).power == pytest.approx(0.325)


def sampled(loss: Sampled, targets: tf.Tensor, candidates: tf.Tensor, log_expected: tf.Tensor) -> float:
    right, others = tf.gather(VECTORS, targets), tf.gather(VECTORS, candidates)
    return float(loss(QUERIES, right, others, is_foreign(targets, candidates), log_expected))


def test_own_items_are_no_negatives() -> None:
    owned = tf.constant([[3, 1, 0], [2, 2, 2]])
    found = is_foreign(owned, tf.constant([1, 2, 3, 4])).numpy().tolist()
    assert found == [[False, True, False, True], [True, False, True, True]]


def test_candidates_are_expected_as_often_as_they_are_drawn() -> None:
    chance.start(1)
    shares = tf.constant([0.0, 0.5, 0.3, 0.2, 0.0])
    candidates = Candidates("sampled_softmax", Settings(negatives=8), shares)
    draw = tf.function(candidates.draw)
    drawn, expected = np.zeros(5), np.zeros(5)
    for step in range(2000):
        targets = np.random.default_rng(step).choice(5, size=(4, 2), p=shares.numpy()).astype(np.int32)
        items, log_expected = draw(tf.constant(targets))
        drawn += np.bincount(items.numpy(), minlength=5)
        expected[items.numpy()] = np.exp(log_expected.numpy())
    np.testing.assert_allclose(drawn[1:] / 2000, expected[1:], rtol=0.05)


@pytest.mark.parametrize("loss", ["softmax", "sampled_softmax", "bce"])
def test_a_loss_that_is_asked_for_is_taken(loss: str) -> None:
    assert chosen_loss(Settings(loss=loss), 10) == loss  # type: ignore[arg-type]


def test_auto_takes_all_items_where_they_are_few() -> None:
    params = Settings(loss="auto")
    found = [chosen_loss(params, MOST_SOFTMAX_ITEMS + more) for more in (0, 1)]
    assert found == ["softmax", "sampled_softmax"]
