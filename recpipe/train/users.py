"""What is known of a user beside the history: attributes, as a vector that joins the query's."""

import numpy as np
import tensorflow as tf
import tf_keras

from recpipe.core.snapshot import Histories
from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes
from recpipe.train.items import START, mean_of_bag

USER_FEATURES, USER_NUMBERS = "user_features", "user_numbers"
ATTRIBUTES = (USER_FEATURES, USER_NUMBERS)
"""Inputs of a query tower that reads attributes."""


def attribute_inputs(codes: AttributeCodes, histories: Histories) -> dict[str, np.ndarray]:
    """Attributes of n users in `codes`: user_features (n, width) int32, user_numbers (n, 2 m) float32.

    Features from 1, 0 = none. Of a user of whom nothing is known, and of values that the codes do not have,
    the features are none and the numbers missing.
    """
    told = histories.attributes
    documents = ["{}"] * len(histories) if told is None else told.tolist()
    bag, numbers = codes.encode(documents)
    return {USER_FEATURES: bag.indices[1:], USER_NUMBERS: numbers[1:]}


def has_attributes(codes: AttributeCodes, histories: Histories) -> np.ndarray:
    """Of which users an attribute is known that the codes have, (n,) bool."""
    found = attribute_inputs(codes, histories)
    return found[USER_FEATURES].any(axis=1) | (found[USER_NUMBERS][:, 1::2] == 0).any(axis=1)


class UserAttributes(tf_keras.layers.Layer):
    """Vector of a user = mean embedding of the features + a linear map of the numbers; zeros for nothing.

    In training a share `dropout` of the features and numbers is left out, each as if it were unknown, so that
    the rest learns to do without.
    """

    def __init__(self, codes: AttributeCodes, dimension: int, dropout: float) -> None:
        super().__init__(name="user_attributes")
        self.dropout = dropout
        start = tf.random.normal([len(codes.features) + 1, dimension], stddev=START)
        self.table = tf.Variable(start, name="user_features_table")
        width = len(codes.number_names)
        self.kernel = tf.Variable(
            tf.random.normal([width, dimension], stddev=START), name="user_numbers_kernel"
        )

    def call(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Both inputs of n users, see `attribute_inputs` -> (n, dimension)."""
        features, numbers = inputs[USER_FEATURES], inputs[USER_NUMBERS]
        if training and self.dropout:
            features *= tf.cast(self._kept(tf.shape(features)), tf.int32)
            numbers = self._without_some(numbers)
        return mean_of_bag(self.table, features) + tf.matmul(numbers, self.kernel)

    def _without_some(self, numbers: tf.Tensor) -> tf.Tensor:
        """Numbers and whether they are missing take turns; those left out are 0 and missing."""
        pairs = tf.reshape(numbers, [tf.shape(numbers)[0], -1, 2])
        kept = self._kept(tf.shape(pairs)[:2])[..., None]
        return tf.reshape(tf.where(kept, pairs, tf.constant([0.0, 1.0])), tf.shape(numbers))

    def _kept(self, shape: tf.Tensor) -> tf.Tensor:
        return chance.uniform(shape) >= self.dropout
