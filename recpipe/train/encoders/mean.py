"""The encoder `mean`: a feed-forward network over weighted means of the history."""

import numpy as np
import tensorflow as tf
import tf_keras

from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.contract import Encoder
from recpipe.train.inputs import HISTORY
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings

MEAN_DECAYS = 4


class MeanEncoder(Encoder):
    """Several recency-weighted means of the history's item embeddings, through an MLP.

    Each mean has a learned decay: from the last few events to the whole history.
    """

    name_in_params = "mean"
    reads = (HISTORY,)

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        spans = np.geomspace(2, 2 * params.max_history, MEAN_DECAYS)
        self.log_spans = tf.Variable(np.log(spans), dtype=tf.float32, name="log_spans")
        self.hidden = tf_keras.layers.Dense(2 * params.dimension, activation="gelu")
        self.output_layer = tf_keras.layers.Dense(params.dimension)
        self.direct = tf_keras.layers.Dense(params.dimension, use_bias=False)
        self.dropout = chance.Dropout(params.dropout)

    def encode(self, inputs: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        """History (n, max_history) -> (n, 1, dimension)."""
        history = inputs[HISTORY]
        present = tf.cast(history > 0, tf.float32)
        if training:
            present *= tf.cast(chance.uniform(tf.shape(present)) >= self.params.dropout, tf.float32)
        age = tf.range(tf.shape(history)[1], dtype=tf.float32)
        weights = tf.exp(-age / tf.exp(self.log_spans)[:, None]) * present[:, None, :]
        totals = tf.reduce_sum(weights, axis=2, keepdims=True)
        means = tf.matmul(weights / tf.maximum(totals, 1e-6), self.items(history, training=training))
        joined = tf.reshape(means, [-1, MEAN_DECAYS * self.params.dimension])
        joined = self.dropout(joined, training=training)
        hidden = self.dropout(self.hidden(joined), training=training)
        return (self.direct(joined) + self.output_layer(hidden))[:, None, :]
