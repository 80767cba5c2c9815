"""The model: a query tower and a candidate tower that meet in a dot product."""

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs
import tf_keras

from recpipe.train.datasets import TARGETS
from recpipe.train.encoders import ENCODERS
from recpipe.train.inputs import HISTORY
from recpipe.train.items import ItemTower
from recpipe.train.params import TrainParams

ITEM_BLOCK = 65_536


class TwoTower(tfrs.Model):
    """Two towers of TFRS, trained by in-batch softmax.

    The candidate tower is an item's embedding and a learned bias that starts at `start_bias` (items + 1,),
    the log of its recent popularity. `target_shares` (items + 1,) is how probable an item is as a target.
    """

    def __init__(
        self, params: TrainParams, user_count: int, items: ItemTower, target_shares: np.ndarray
    ) -> None:
        super().__init__()
        self.targets = params.targets
        self.items = items
        self.encoder = ENCODERS[params.encoder](params, user_count, items)
        # a common factor changes no softmax, and keeps rare items above the 1e-6 at which TFRS clips
        self.shares = tf.constant(target_shares / target_shares.max(), dtype=tf.float32)
        mean = tf_keras.losses.CategoricalCrossentropy(
            from_logits=True, reduction=tf_keras.losses.Reduction.SUM_OVER_BATCH_SIZE
        )
        self.task = tfrs.tasks.Retrieval(loss=mean)
        self.mean_loss = tf_keras.metrics.Mean(name="mean_loss")

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """In-batch softmax: each target of each query against the targets of all other queries.

        A target is drawn as often as it is popular, which would punish popular negatives: the log-Q
        correction (Bengio & Senécal 2008; Yi et al. 2019) takes that out again.
        """
        queries = self.encoder(inputs[self.encoder.input_name], training=training)
        count = tf.shape(inputs[TARGETS])[1]
        candidates = tf.reshape(inputs[TARGETS], [-1])
        usable = usable_negatives(inputs, self.targets)
        loss = self.task(
            tf.repeat(self.with_constant(queries), count, axis=0),
            self.candidate_vectors(candidates, training),
            candidate_sampling_probability=tf.gather(self.shares, candidates),
            score_mask=tf.repeat(usable, count, axis=0) | tf.eye(tf.size(candidates), dtype=tf.bool),
            compute_metrics=False,
        )
        self.mean_loss.update_state(loss)
        return loss

    def candidate_vectors(self, items: tf.Tensor, training: bool = False) -> tf.Tensor:
        """(m,) int32 -> (m, dimension + 1): the bias is one more dimension, so that score = dot product."""
        bias = tf.gather(self.items.bias, items)[:, None]
        return tf.concat([self.items(items, training=training), bias], axis=1)

    def with_constant(self, queries: tf.Tensor) -> tf.Tensor:
        """(n, dimension) -> (n, dimension + 1): a constant 1 that meets the item's bias."""
        return tf.pad(queries, [[0, 0], [0, 1]], constant_values=1.0)

    def item_vectors(self) -> np.ndarray:
        """All items, (items + 1, dimension + 1) float32; row 0 (unknown) is zeros."""
        every = np.arange(self.items.bias.shape[0], dtype=np.int32)
        blocks = np.array_split(every, len(every) // ITEM_BLOCK + 1)
        vectors = np.concatenate([self.candidate_vectors(tf.constant(block)).numpy() for block in blocks])
        vectors[0] = 0
        return vectors

    def query_vectors(self, inputs: tf.Tensor) -> tf.Tensor:
        """Query vectors for the encoder's input, (n, dimension + 1)."""
        return self.with_constant(self.encoder(inputs, training=False))


def usable_negatives(inputs: dict[str, tf.Tensor], targets: str) -> tf.Tensor:
    """Which of the batch's targets may stand against each query, (queries, all targets) bool.

    Not its own targets (accidental hits, whoever drew them). Where only new items are targets, not its
    history either: those items can never be right, and to push them down would push down their like.
    """
    parts = [inputs[TARGETS], inputs[HISTORY]] if targets == "new" else [inputs[TARGETS]]
    owned = tf.sort(tf.concat(parts, axis=1), axis=1)
    candidates = tf.tile(tf.reshape(inputs[TARGETS], [1, -1]), [tf.shape(owned)[0], 1])
    at = tf.minimum(tf.searchsorted(owned, candidates), tf.shape(owned)[1] - 1)
    return tf.gather(owned, at, batch_dims=1) != candidates
