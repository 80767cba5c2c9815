"""The repeat model: which of the items a user had are taken again. A small network over their features."""

import logging
import math
from dataclasses import dataclass

import numpy as np
import tensorflow as tf
import tf_keras

from recpipe.core.errors import DataError
from recpipe.core.metrics import ndcg_at_k
from recpipe.core.ragged import Ragged
from recpipe.train import chance
from recpipe.train.data import TrainingData
from recpipe.train.repeat_examples import (
    RepeatExamples,
    repeat_share,
    training_examples,
    validation_examples,
)
from recpipe.train.repeat_features import FEATURES

AUTO_SHARE = 0.1
"""With `train.repeats` "auto" the model is trained where more of the validation events are repeats."""
UNITS = 32
EPOCHS = 5
EPOCH_STEPS = 120
"""An epoch has so many steps at least: where there are few examples, it passes through them several times."""
PATIENCE = 3
BATCH_USERS = 64
LEARNING_RATE = 3e-3
JUDGED_AT = 10

logger = logging.getLogger("recpipe.train")


class RepeatScorer(tf_keras.layers.Layer):
    """Features of own items (m, len(FEATURES)) -> scores (m,): a linear part and two hidden layers.

    `means`, `deviations` (len(FEATURES),) make the features comparable; they are part of the weights.
    """

    def __init__(self, means: np.ndarray, deviations: np.ndarray) -> None:
        super().__init__(name="repeat_scorer")
        self.means = tf.Variable(means, trainable=False, name="means", dtype=tf.float32)
        self.deviations = tf.Variable(deviations, trainable=False, name="deviations", dtype=tf.float32)
        self.hidden = [tf_keras.layers.Dense(UNITS, activation="relu") for _ in range(2)]
        self.linear = tf_keras.layers.Dense(1, use_bias=False)
        self.top = tf_keras.layers.Dense(1, use_bias=False)

    def call(self, features: tf.Tensor) -> tf.Tensor:
        """(m, len(FEATURES)) float32 -> (m,) float32."""
        values = (features - self.means) / self.deviations
        hidden = values
        for layer in self.hidden:
            hidden = layer(hidden)
        return (self.linear(values) + self.top(hidden))[:, 0]


@dataclass(frozen=True)
class Repeats:
    """A trained repeat model. curve: a row an epoch (epoch, loss, ndcg).

    repeat_share: of the validation events. validation_ndcg: NDCG@10 of what users took again in the
    validation part, among what they had; NaN if nobody took anything again.
    """

    scorer: RepeatScorer
    repeat_share: float
    curve: list[dict[str, float]]
    best_epoch: int
    validation_ndcg: float


def fit_repeats(data: TrainingData) -> Repeats | None:
    """Train the repeat model, or return None where `train.repeats` says not to, or "auto" finds too few.

    Its loss is a softmax over each user's own items, as ListNet (Cao et al. 2007) with the user's repeats
    as equally probable. It ends when NDCG@10 of the validation part has not risen for PATIENCE epochs; the
    best weights are kept. Same data, parameters and machine give the same weights. Raises DataError if it
    is to be trained ("on") and nobody takes an item again.
    """
    wish, share = data.params.repeats, repeat_share(data)
    if wish == "off" or (wish == "auto" and share <= AUTO_SHARE):
        logger.info("no repeat model: %s", _reason(wish, share))
        return None
    examples = training_examples(data)
    if len(examples) == 0:
        _refuse_if(wish == "on", "no user takes an item again within a window of the train part")
        return None
    logger.info("repeat model: %s; %d examples", _reason(wish, share), len(examples))
    return _fitted(examples, validation_examples(data), data.params.seed, share)


def _reason(wish: str, share: float) -> str:
    """Why it is trained or not."""
    bound = f", the bound is {AUTO_SHARE:.0%}" if wish == "auto" else ""
    return f"train.repeats is {wish}, {100 * share:.1f} % of the validation events are repeats{bound}"


def _refuse_if(wished: bool, reason: str) -> None:
    if wished:
        raise DataError(f"repeat model: {reason}", "Use train.repeats auto, or a longer train.window_days.")
    logger.info("no repeat model: %s", reason)


def _fitted(examples: RepeatExamples, judges: RepeatExamples, seed: int, share: float) -> Repeats:
    chance.start(seed)
    deviations = np.maximum(examples.features.std(axis=0), 1e-3)
    scorer = RepeatScorer(examples.features.mean(axis=0), deviations)
    rate = tf_keras.optimizers.schedules.CosineDecay(LEARNING_RATE, EPOCHS * _steps(len(examples)))
    step = _make_step(scorer, tf_keras.optimizers.Adam(rate))
    curve: list[dict[str, float]] = []
    best, best_epoch = scorer.get_weights(), 0
    for epoch in range(1, EPOCHS + 1):
        loss = _run_epoch(step, examples, np.random.default_rng([seed, epoch]))
        ndcg = own_ndcg(score(scorer, judges.features), judges)
        curve.append({"epoch": epoch, "loss": loss, "ndcg": ndcg})
        logger.info("repeat model, epoch %d: loss %.4f, validation NDCG@10 %.4f", epoch, loss, ndcg)
        if math.isnan(ndcg) or best_epoch == 0 or ndcg > curve[best_epoch - 1]["ndcg"]:
            best, best_epoch = scorer.get_weights(), epoch
        if epoch - best_epoch >= PATIENCE:
            break
    scorer.set_weights(best)
    return Repeats(scorer, share, curve, best_epoch, curve[best_epoch - 1]["ndcg"])


def _run_epoch(
    step: tf.types.experimental.GenericFunction, examples: RepeatExamples, random: np.random.Generator
) -> float:
    passes = -(-_steps(len(examples)) * BATCH_USERS // len(examples))
    order = np.concatenate([random.permutation(len(examples)) for _ in range(passes)])
    losses = []
    for start in range(0, _steps(len(examples)) * BATCH_USERS, BATCH_USERS):
        some = examples.take(order[start : start + BATCH_USERS])
        losses.append(float(step(some.features, some.items.row_numbers, some.is_repeat)))
    return float(np.mean(losses))


def _steps(examples: int) -> int:
    """How many steps an epoch has."""
    return max(EPOCH_STEPS, -(-examples // BATCH_USERS))


def _make_step(
    scorer: RepeatScorer, optimizer: tf_keras.optimizers.Optimizer
) -> tf.types.experimental.GenericFunction:
    scorer(tf.zeros([1, len(FEATURES)]))
    optimizer.build(scorer.trainable_variables)

    def step(features: tf.Tensor, rows: tf.Tensor, is_repeat: tf.Tensor) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = listwise_loss(scorer(features), rows, is_repeat)
        gradients = tape.gradient(loss, scorer.trainable_variables)
        optimizer.apply_gradients(zip(gradients, scorer.trainable_variables, strict=True))
        return loss

    shapes = ([None, len(FEATURES)], tf.float32), ([None], tf.int64), ([None], tf.bool)
    return tf.function(step, input_signature=[tf.TensorSpec(*each) for each in shapes])


def listwise_loss(scores: tf.Tensor, rows: tf.Tensor, is_repeat: tf.Tensor) -> tf.Tensor:
    """Mean over users of -log p of their repeats, p a softmax over the user's own items.

    scores (m,), rows (m,) int64 ascending from 0 without a gap, is_repeat (m,) bool, one a row at least.
    """
    wanted = tf.cast(is_repeat, tf.float32)
    highest = tf.stop_gradient(tf.math.segment_max(scores, rows))
    shifted = scores - tf.gather(highest, rows)
    totals = tf.math.log(tf.math.segment_sum(tf.exp(shifted), rows))
    of_repeats = tf.math.segment_sum(shifted * wanted, rows) / tf.math.segment_sum(wanted, rows)
    return tf.reduce_mean(totals - of_repeats)


def score(scorer: RepeatScorer, features: np.ndarray) -> np.ndarray:
    """(m, len(FEATURES)) -> (m,) float32."""
    scores: np.ndarray = scorer(tf.constant(features)).numpy()
    return scores


def log_softmax(scores: np.ndarray, own: Ragged) -> np.ndarray:
    """Log of the softmax of scores (len(own.values),) within each row of `own`, float64."""
    scores, rows = scores.astype(np.float64), own.row_numbers
    filled = np.flatnonzero(own.lengths)
    highest, totals = np.zeros(len(own)), np.ones(len(own))
    highest[filled] = np.maximum.reduceat(scores, own.offsets[filled]) if len(filled) else 0
    shifted = scores - highest[rows]
    totals[filled] = np.add.reduceat(np.exp(shifted), own.offsets[filled]) if len(filled) else 1
    return shifted - np.log(totals)[rows]


def own_ndcg(scores: np.ndarray, judges: RepeatExamples) -> float:
    """Mean NDCG@10 of own items ranked by `scores`, repeats being right; NaN without judges."""
    if len(judges) == 0:
        return math.nan
    rows = judges.items.row_numbers
    order = np.lexsort((judges.items.values, -scores, rows))
    place = np.arange(len(rows)) - judges.items.offsets[rows]
    top = place < JUDGED_AT
    hits = np.zeros((len(judges), JUDGED_AT), bool)
    hits[rows[top], place[top]] = judges.is_repeat[order[top]]
    right = np.bincount(rows, judges.is_repeat, len(judges)).astype(int)
    return float(ndcg_at_k(hits, right, JUDGED_AT).mean())
