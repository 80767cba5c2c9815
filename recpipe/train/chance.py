"""Randomness of training steps that starts anew with each epoch, so that a retry goes on as if nothing was.

A random operation inside a traced function counts its calls in a place that nobody can save. So layers
draw from here only: one generator, whose state is a variable, set at the begin of each epoch to what
follows from seed and epoch. Never `tf.random.uniform` or `tf_keras.layers.Dropout` in a training step: a
retry would draw other numbers. Setting the seed of TensorFlow anew at each epoch is no way out: it throws
away every compiled function, and they take half a second to make again.
"""

import numpy as np
import tensorflow as tf
import tf_keras


def start(seed: int) -> None:
    """Begin training: what follows, the first weights too, is a function of `seed`."""
    tf_keras.utils.set_random_seed(seed)
    tf.random.get_global_generator().reset_from_seed(seed)


def start_epoch(seed: int, epoch: int) -> None:
    """Begin an epoch: what its steps draw is a function of `seed` and `epoch`, whatever was drawn before."""
    own = int(np.random.default_rng([seed, epoch]).integers(2**31))
    tf.random.get_global_generator().reset_from_seed(own)


def uniform(shape: tf.Tensor | list[int]) -> tf.Tensor:
    """Numbers in [0, 1) of that shape, float32, for a training step."""
    return tf.random.get_global_generator().uniform(shape)


class Dropout(tf_keras.layers.Layer):
    """Leaves out a share `rate` of the values in training and scales the others up."""

    def __init__(self, rate: float) -> None:
        super().__init__()
        self.rate = rate

    def call(self, values: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Any shape -> the same shape."""
        if not training or not self.rate:
            return values
        sampler = tf.random.get_global_generator().uniform
        return tf.nn.experimental.general_dropout(values, self.rate, uniform_sampler=sampler)
