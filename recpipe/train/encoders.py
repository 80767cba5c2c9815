"""Query encoders: a user as a vector. Adding one: a class here, its name in `TrainParams.encoder`."""

import numpy as np
import tensorflow as tf
import tf_keras

from recpipe.train import chance
from recpipe.train.inputs import HISTORY, USER
from recpipe.train.items import ItemTower
from recpipe.train.params import TrainParams

MEAN_DECAYS = 4


class Encoder(tf_keras.layers.Layer):
    """Turns a batch of n users into query vectors.

    `input_name` says which array of the batch it reads: "history" (n, max_history) int32 item indices,
    newest first, 0 = none; or "user" (n,) int32, 0 = unknown. `items` is the candidate tower, shared, so that
    liking an item and being an item agree.
    `call(inputs, training)` returns (n, dimension) float32. The same inputs give the same vectors outside
    training; no history, or an unknown user, is an input like any other.
    """

    name_in_params: str
    input_name: str

    def __init__(self, params: TrainParams, user_count: int, items: ItemTower) -> None:
        super().__init__(name=f"{self.name_in_params}_encoder")
        self.params = params
        self.user_count = user_count
        self.items = items


class MeanEncoder(Encoder):
    """Several recency-weighted means of the history's item embeddings, through an MLP.

    Each mean has a learned decay: from the last few events to the whole history.
    """

    name_in_params = "mean"
    input_name = HISTORY

    def __init__(self, params: TrainParams, user_count: int, items: ItemTower) -> None:
        super().__init__(params, user_count, items)
        spans = np.geomspace(2, 2 * params.max_history, MEAN_DECAYS)
        self.log_spans = tf.Variable(np.log(spans), dtype=tf.float32, name="log_spans")
        self.hidden = tf_keras.layers.Dense(2 * params.dimension, activation="gelu")
        self.output_layer = tf_keras.layers.Dense(params.dimension)
        self.direct = tf_keras.layers.Dense(params.dimension, use_bias=False)
        self.dropout = chance.Dropout(params.dropout)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """(n, max_history) int32 -> (n, dimension)."""
        present = tf.cast(inputs > 0, tf.float32)
        if training:
            present *= tf.cast(chance.uniform(tf.shape(present)) >= self.params.dropout, tf.float32)
        age = tf.range(tf.shape(inputs)[1], dtype=tf.float32)
        weights = tf.exp(-age / tf.exp(self.log_spans)[:, None]) * present[:, None, :]
        totals = tf.reduce_sum(weights, axis=2, keepdims=True)
        means = tf.matmul(weights / tf.maximum(totals, 1e-6), self.items(inputs, training=training))
        joined = tf.reshape(means, [-1, MEAN_DECAYS * self.params.dimension])
        joined = self.dropout(joined, training=training)
        hidden = self.dropout(self.hidden(joined), training=training)
        return self.direct(joined) + self.output_layer(hidden)


class IdEncoder(Encoder):
    """One learned vector a user: with the item vectors this is matrix factorisation, R = U · Vᵀ.

    An unknown user has the zero vector, so gets the items by their bias alone.
    """

    name_in_params = "id"
    input_name = USER

    def __init__(self, params: TrainParams, user_count: int, items: ItemTower) -> None:
        super().__init__(params, user_count, items)
        start = tf.random.normal([user_count + 1, params.dimension], stddev=0.1)
        self.user_table = tf.Variable(start, name="user_table")
        self.dropout = chance.Dropout(params.dropout)

    def call(self, inputs: tf.Tensor, training: bool = False) -> tf.Tensor:
        """(n,) int32 -> (n, dimension)."""
        known = tf.cast(inputs > 0, tf.float32)[:, None]
        return self.dropout(tf.gather(self.user_table, inputs) * known, training=training)


ENCODERS: dict[str, type[Encoder]] = {encoder.name_in_params: encoder for encoder in (MeanEncoder, IdEncoder)}
