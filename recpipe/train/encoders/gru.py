"""The encoder `gru`: a recurrent network over the history.

Hidasi et al., "Session-based Recommendations with Recurrent Neural Networks" (2016).
"""

import tensorflow as tf
import tf_keras

from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.sequence import SequenceEncoder
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings


class GruEncoder(SequenceEncoder):
    """One GRU layer, twice as wide as the vectors, projected back."""

    name_in_params = "gru"

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        self.recurrent = tf_keras.layers.GRU(2 * params.dimension, return_sequences=True)
        self.output_layer = tf_keras.layers.Dense(params.dimension)

    def transform(self, entries: tf.Tensor, present: tf.Tensor, training: bool) -> tf.Tensor:
        """(n, length, dimension) -> the same shape; padding, all of it at the begin, is zeros."""
        del present
        states = self.recurrent(entries, training=training)
        return self.output_layer(self.dropout(states, training=training))
