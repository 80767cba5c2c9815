"""The candidate tower: an item as a vector, from its id, what is known of it, and its popularity."""

import numpy as np
import tensorflow as tf
import tf_keras

from recpipe.train import chance
from recpipe.train.item_inputs import ItemInputs
from recpipe.train.settings import Settings

START = 0.1
"""Standard deviation of the numbers that embeddings start with."""


class ItemTower(tf_keras.layers.Layer):
    """Item vector = id embedding + mean embedding of each bag + a linear map of numbers; and a learned bias.

    occurs: (items + 1,) bool, items with a training event. The others keep a zero id embedding, and so do
    features that only they have: only what was learned counts. start_bias: (items + 1,) float32, log of
    recent popularity. start_ids: (items + 1, dimension) float32, first id embeddings of deviation
    1, which are made as small as the others; random if None.
    """

    def __init__(
        self,
        params: Settings,
        inputs: ItemInputs,
        occurs: np.ndarray,
        start_bias: np.ndarray,
        start_ids: np.ndarray | None = None,
    ) -> None:
        super().__init__(name="item_tower")
        self.id_dropout = params.id_dropout
        self.id_table = _table(occurs, params.dimension, "id_table", start_ids)
        self.bags = {name: tf.constant(bag.indices) for name, bag in inputs.bags.items()}
        self.tables = {
            name: _table(bag.occurring(occurs), params.dimension, f"{name}_table")
            for name, bag in inputs.bags.items()
        }
        self.numbers = tf.constant(inputs.numbers) if inputs.numbers.shape[1] else None
        if self.numbers is not None:
            shape = [inputs.numbers.shape[1], params.dimension]
            self.kernel = tf.Variable(tf.random.normal(shape, stddev=START), name="number_kernel")
        self.start_bias = start_bias
        self.bias = tf.Variable(start_bias, dtype=tf.float32, name="bias")

    def call(self, items: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Item indices of any shape -> (..., dimension); an item is embedded once however often it occurs."""
        each, place = tf.unique(tf.reshape(items, [-1]))
        vectors = tf.gather(self.id_table, each)
        if training and self.id_dropout:
            kept = chance.uniform([tf.size(each), 1]) >= self.id_dropout
            vectors *= tf.cast(kept, tf.float32)
        known = {name: tf.gather(indices, each) for name, indices in self.bags.items()}
        numbers = None if self.numbers is None else tf.gather(self.numbers, each)
        vectors += self.of_features(known, numbers)
        shape = tf.concat([tf.shape(items), [vectors.shape[1]]], axis=0)
        return tf.reshape(tf.gather(vectors, place), shape)

    def of_features(self, bags: dict[str, tf.Tensor], numbers: tf.Tensor | None) -> tf.Tensor:
        """What is known of n items: bags (n, any) int32, numbers (n, m) -> (n, dimension); 0. for nothing."""
        vectors = 0.0
        for name, indices in bags.items():
            vectors += mean_of_bag(self.tables[name], indices)
        if numbers is not None:
            vectors += tf.matmul(numbers, self.kernel)
        return vectors


def mean_of_bag(table: tf.Variable, features: tf.Tensor) -> tf.Tensor:
    """Features (n, width), 0 = none -> the mean of their rows in `table`, (n, dimension), zeros for none."""
    present = features > 0
    # each row is read once, and summed without a copy for each item that has it
    each, place = tf.unique(tf.boolean_mask(features, present))
    rows = tf.gather(table, each)
    return tf.sparse.segment_mean(rows, place, tf.where(present)[:, 0], num_segments=tf.shape(features)[0])


def _table(occurs: np.ndarray, dimension: int, name: str, start: np.ndarray | None = None) -> tf.Variable:
    """Embeddings of rows that occur, (rows, dimension), and zeros for the others."""
    if start is None:
        start = tf.random.normal([len(occurs), dimension])
    return tf.Variable(START * start * occurs[:, None].astype(np.float32), name=name)
