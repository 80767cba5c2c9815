"""The candidate tower: an item as a vector, from its id, its categories and its popularity."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import tensorflow as tf
import tf_keras

from recpipe.train import chance
from recpipe.train.params import TrainParams


class ItemTower(tf_keras.layers.Layer):
    """Item vector = id embedding + mean of its categories' embeddings; and a learned bias.

    categories: (items + 1, width) int32, 0 = none. occurs: (items + 1,) bool, items with a training event;
    the others keep a zero id embedding, so that only what is known about them counts.
    start_bias: (items + 1,) float32, log of recent popularity.
    """

    def __init__(
        self, params: TrainParams, categories: np.ndarray, occurs: np.ndarray, start_bias: np.ndarray
    ) -> None:
        super().__init__(name="item_tower")
        self.id_dropout = params.id_dropout
        self.categories = tf.constant(categories)
        start = tf.random.normal([len(occurs), params.dimension], stddev=0.1)
        self.id_table = tf.Variable(start * occurs[:, None].astype(np.float32), name="id_table")
        shape = [int(categories.max(initial=0)) + 1, params.dimension]
        self.category_table = tf.Variable(tf.random.normal(shape, stddev=0.1), name="category_table")
        self.bias = tf.Variable(start_bias, dtype=tf.float32, name="bias")

    def call(self, items: tf.Tensor, training: bool = False) -> tf.Tensor:
        """Item indices of any shape -> (..., dimension); an item is embedded once however often it occurs."""
        each, place = tf.unique(tf.reshape(items, [-1]))
        vectors = tf.gather(self.id_table, each)
        if training and self.id_dropout:
            kept = chance.uniform([tf.size(each), 1]) >= self.id_dropout
            vectors *= tf.cast(kept, tf.float32)
        categories = tf.gather(self.categories, each)
        present = tf.cast(categories > 0, tf.float32)[..., None]
        total = tf.reduce_sum(tf.gather(self.category_table, categories) * present, axis=1)
        vectors += total / tf.maximum(tf.reduce_sum(present, axis=1), 1.0)
        shape = tf.concat([tf.shape(items), [vectors.shape[1]]], axis=0)
        return tf.reshape(tf.gather(vectors, place), shape)


def category_indices(items: pa.Table, item_count: int, width: int = 8) -> np.ndarray:
    """Categories of items 1..item_count as indices from 1, (item_count + 1, <= width) int32, 0 = none."""
    lists = items.column("categories").slice(0, item_count).combine_chunks()
    encoded = pc.list_flatten(lists).dictionary_encode()
    flat = encoded.indices.to_numpy() + 1
    rows = pc.list_parent_indices(lists).to_numpy() + 1
    lengths = np.bincount(rows, minlength=item_count + 1)
    place = np.arange(len(rows)) - (np.cumsum(lengths) - lengths)[rows]
    result = np.zeros((item_count + 1, max(1, min(width, lengths.max(initial=1)))), dtype=np.int32)
    fits = place < result.shape[1]
    result[rows[fits], place[fits]] = flat[fits]
    return result
