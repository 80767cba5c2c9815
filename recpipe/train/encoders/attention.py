"""The encoder `attention`: causal self-attention over the history.

Kang & McAuley, "Self-Attentive Sequential Recommendation" (2018), with the normalisation before each
part rather than after it (Xiong et al. 2020), which trains without care at higher rates.
"""

import tensorflow as tf
import tf_keras

from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.sequence import SequenceEncoder
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings

FAR = -1e9


class AttentionEncoder(SequenceEncoder):
    """`layers` blocks of causal self-attention and a feed-forward network; learned positions."""

    name_in_params = "attention"

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        self.positions = self._table(params.max_history, "position_table")
        self.blocks = [Block(params) for _ in range(params.layers)]
        self.norm = tf_keras.layers.LayerNormalization(epsilon=1e-6)

    def transform(self, entries: tf.Tensor, present: tf.Tensor, training: bool) -> tf.Tensor:
        """(n, max_history, dimension) -> the same shape."""
        states = entries + self.positions
        length = tf.shape(present)[1]
        earlier = tf.linalg.band_part(tf.ones([length, length], dtype=tf.bool), -1, 0)
        visible = earlier & (present[:, None, :] | tf.eye(length, dtype=tf.bool))
        barrier = tf.where(visible, 0.0, FAR)[:, None]
        for block in self.blocks:
            states = block(states, barrier, training=training)
        return self.norm(states)


class Block(tf_keras.layers.Layer):
    """Self-attention with `heads` heads, then a feed-forward network; each adds to what it was given."""

    def __init__(self, params: Settings) -> None:
        super().__init__()
        self.heads = params.heads
        dimension = params.dimension
        self.attention_norm = tf_keras.layers.LayerNormalization(epsilon=1e-6)
        self.queries_keys_values = tf_keras.layers.Dense(3 * dimension, use_bias=False)
        self.joined = tf_keras.layers.Dense(dimension, use_bias=False)
        self.hidden_norm = tf_keras.layers.LayerNormalization(epsilon=1e-6)
        self.hidden = tf_keras.layers.Dense(2 * dimension, activation="gelu")
        self.output_layer = tf_keras.layers.Dense(dimension)
        self.dropout = chance.Dropout(params.dropout)

    def call(self, states: tf.Tensor, barrier: tf.Tensor, training: bool = False) -> tf.Tensor:
        """States (n, length, dimension), barrier (n, 1, length, length), added to the attention's logits."""
        attended = self.joined(self._attend(self.attention_norm(states), barrier, training))
        states += self.dropout(attended, training=training)
        hidden = self.dropout(self.hidden(self.hidden_norm(states)), training=training)
        return states + self.dropout(self.output_layer(hidden), training=training)

    def _attend(self, states: tf.Tensor, barrier: tf.Tensor, training: bool) -> tf.Tensor:
        shape = tf.shape(states)
        parts = tf.reshape(self.queries_keys_values(states), [shape[0], shape[1], 3, self.heads, -1])
        queries, keys, values = tf.unstack(tf.transpose(parts, [2, 0, 3, 1, 4]))
        logits = tf.matmul(queries, keys, transpose_b=True)
        logits *= tf.math.rsqrt(tf.cast(tf.shape(keys)[-1], tf.float32))
        weights = tf.nn.softmax(logits + barrier)
        mixed = tf.matmul(self.dropout(weights, training=training), values)
        return tf.reshape(tf.transpose(mixed, [0, 2, 1, 3]), shape)
