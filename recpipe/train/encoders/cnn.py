"""The encoder `cnn`: causal convolutions over the history.

Yuan et al., "A Simple Convolutional Generative Network for Next Item Recommendation" (2019): each layer
looks twice as far back as the one before it.
"""

import tensorflow as tf
import tf_keras

from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.sequence import SequenceEncoder
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings

KERNEL = 3
DILATIONS = (1, 2, 4, 8)


class CnnEncoder(SequenceEncoder):
    """Four causal convolutions with growing dilation, 31 entries in all; each adds to what it was given."""

    name_in_params = "cnn"

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        self.norms = [tf_keras.layers.LayerNormalization(epsilon=1e-6) for _ in DILATIONS]
        self.convolutions = [
            tf_keras.layers.Conv1D(
                params.dimension, KERNEL, padding="causal", dilation_rate=dilation, activation="gelu"
            )
            for dilation in DILATIONS
        ]
        self.output_layer = tf_keras.layers.Dense(params.dimension)

    def transform(self, entries: tf.Tensor, present: tf.Tensor, training: bool) -> tf.Tensor:
        """(n, length, dimension) -> the same shape."""
        is_present = tf.cast(present, tf.float32)[..., None]
        states = entries
        for norm, convolution in zip(self.norms, self.convolutions, strict=True):
            states += self.dropout(convolution(norm(states) * is_present), training=training)
        return self.output_layer(states)
