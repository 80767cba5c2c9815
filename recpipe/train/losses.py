"""What a step is judged by: the right items of each query against others.

The tasks are small subclasses of TFRS's Retrieval, which sums over the batch and builds a dense matrix of
labels, queries × candidates; here each query has several targets, and nothing but logits is that large.
"""

from typing import Any, Literal

import tensorflow as tf
import tensorflow_recommenders as tfrs

from recpipe.train import chance
from recpipe.train.settings import Settings

MOST_SOFTMAX_ITEMS = 5_000
"""Up to so many items `auto` takes the softmax over all of them: on two cores it learned more per CPU second
up to about 4,000 items, and beyond that the step is dominated by items nobody asked for."""

IMPOSSIBLE = -1e9
SMALLEST = 1e-30
CALIBRATION = 0.75


def chosen_loss(params: Settings, item_count: int) -> Literal["softmax", "sampled_softmax", "bce"]:
    """What `params.loss` means for a catalogue of `item_count` items."""
    if params.loss != "auto":
        return params.loss
    return "softmax" if item_count <= MOST_SOFTMAX_ITEMS else "sampled_softmax"


class Softmax(tfrs.tasks.Retrieval):
    """Cross-entropy over the whole catalogue."""

    def call(
        self, queries: tf.Tensor, targets: tf.Tensor, vectors: tf.Tensor, barred: tf.Tensor | None = None
    ) -> tf.Tensor:
        """Queries (m, d), targets (m, t) from 1, vectors (items, d), barred (m, items) bool -> scalar.

        barred: items that are neither right nor wrong for a query; its targets count all the same.
        """
        logits = tf.matmul(queries, vectors, transpose_b=True)
        if barred is not None:
            places = own_places(targets - 1)
            barred = tf.tensor_scatter_nd_update(barred, places, tf.zeros(tf.shape(places)[:1], tf.bool))
            logits = tf.where(barred, IMPOSSIBLE, logits)
        return tf.reduce_mean(cross_entropy(logits, targets - 1))


def own_places(columns: tf.Tensor) -> tf.Tensor:
    """(m, t) column numbers -> (m · t, 2) places in a matrix of m rows."""
    rows = tf.repeat(tf.range(tf.shape(columns)[0]), tf.shape(columns)[1])
    return tf.stack([rows, tf.reshape(columns, [-1])], axis=1)


@tf.custom_gradient
def cross_entropy(logits: tf.Tensor, targets: tf.Tensor) -> tuple[tf.Tensor, Any]:
    """Mean of -log softmax(logits) over the targets of each row: (m, n), (m, t) int32 -> (m,).

    The same as TensorFlow's own, in a third of its time on a CPU: one softmax, and a gradient that is the
    softmax less the targets' shares.
    """
    shares = tf.nn.softmax(logits)
    loss = -tf.reduce_mean(
        tf.math.log(tf.maximum(tf.gather(shares, targets, batch_dims=1), SMALLEST)), axis=1
    )

    def gradient(upstream: tf.Tensor) -> tuple[tf.Tensor, None]:
        share = tf.ones([tf.size(targets)]) / tf.cast(tf.shape(targets)[1], tf.float32)
        return tf.tensor_scatter_nd_sub(shares, own_places(targets), share) * upstream[:, None], None

    return loss, gradient


class Sampled(tfrs.tasks.Retrieval):
    """The mean loss of m queries with t targets each, against c candidates that all share as negatives.

    Subclasses give `loss_of`.
    """

    def call(
        self,
        queries: tf.Tensor,
        target_vectors: tf.Tensor,
        candidate_vectors: tf.Tensor,
        usable: tf.Tensor,
        log_expected: tf.Tensor,
    ) -> tf.Tensor:
        """Queries (m, d), target_vectors (m, t, d), candidate_vectors (c, d) -> scalar.

        usable: (m, c) bool, False where a candidate is no negative for a query: its own targets (accidental
        hits), or its history. log_expected: (c,), log of how often a candidate was expected among them.
        """
        right = tf.einsum("md,mtd->mt", queries, target_vectors)
        others = tf.matmul(queries, candidate_vectors, transpose_b=True) - log_expected
        return self.loss_of(right, tf.where(usable, others, IMPOSSIBLE))

    def loss_of(self, right: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Logits right (m, t) and others (m, c) -> scalar."""
        raise NotImplementedError


class SampledSoftmax(Sampled):
    """Cross-entropy over a sample, each candidate weighed by the inverse of how often it was expected.

    The log-Q correction (Bengio & Senécal 2008; Yi et al. 2019): without it popular items, which are drawn
    most, would be punished for it. It makes the sum over the sample an unbiased estimate of the sum over all.
    """

    def loss_of(self, right: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Right (m, t), others (m, c) -> scalar."""
        rest = tf.reduce_logsumexp(others, axis=1, keepdims=True)
        return tf.reduce_mean(tf.nn.softplus(rest - right))


class Bce(Sampled):
    """Pointwise sigmoid with sampled negatives, its overconfidence taken out.

    gBCE: Petrov & Macdonald, "gSASRec: Reducing Overconfidence in Sequential Recommendation Trained with
    Negative Sampling" (2023): the positive's probability is raised to a power that follows from the share of
    the items that are drawn as negatives, with calibration t = 0.75.
    """

    def __init__(self, params: Settings, item_count: int, start_bias: float) -> None:
        super().__init__()
        share = min(1.0, params.negatives / max(1, item_count - 1))
        self.power = share * (CALIBRATION * (1 - 1 / share) + 1 / share)
        # the towers' logits say which item; how probable any is at all is one number more
        self.offset = tf.Variable(-start_bias, name="offset", dtype=tf.float32)

    def loss_of(self, right: tf.Tensor, others: tf.Tensor) -> tf.Tensor:
        """Right (m, t), others (m, c) -> scalar."""
        hit = self.power * tf.nn.softplus(-(right + self.offset))
        false_alarm = tf.reduce_sum(tf.nn.softplus(others + self.offset), axis=1, keepdims=True)
        return tf.reduce_mean(hit + false_alarm)


class Candidates:
    """Draws the items that all queries of a step share as negatives."""

    def __init__(self, loss: str, params: Settings, target_shares: tf.Tensor) -> None:
        self.loss = loss
        self.negatives = params.negatives
        self.items = int(target_shares.shape[0]) - 1
        self.shares = target_shares

    def draw(self, targets: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Items (c,) int32 and the log of how often each was expected (c,), for targets (m, t).

        sampled_softmax: at most `negatives` of the step's targets, so popular items, and as many of all
        items, each as probable. bce: `negatives` of all items, expected 1.
        """
        uniform = 1 + tf.cast(chance.uniform([self.negatives]) * self.items, tf.int32)
        if self.loss == "bce":
            return uniform, tf.zeros([self.negatives])
        flat = tf.reshape(targets, [-1])
        count = tf.minimum(tf.size(flat), self.negatives)
        places = tf.cast(chance.uniform([count]) * tf.cast(tf.size(flat), tf.float32), tf.int32)
        every = tf.concat([tf.gather(flat, places), uniform], axis=0)
        expected = tf.cast(count, tf.float32) * tf.gather(self.shares, every) + self.negatives / self.items
        return every, tf.math.log(expected)


def make_task(loss: str, params: Settings, item_count: int, start_bias: float) -> tfrs.tasks.Retrieval:
    """The task of a loss; `start_bias` is the largest bias that an item starts with."""
    if loss == "bce":
        return Bce(params, item_count, start_bias)
    return Softmax() if loss == "softmax" else SampledSoftmax()
