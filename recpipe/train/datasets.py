"""Batches for TensorFlow: numbers only, gathered from flat arrays inside tf.data."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from recpipe.train.examples import Examples
from recpipe.train.inputs import HISTORY, USER
from recpipe.train.params import TrainParams

TARGETS = "targets"


class Batches:
    """Shuffled batches of queries; the arrays are held once, the gathering is traced once."""

    def __init__(self, examples: Examples, params: TrainParams) -> None:
        self.examples = examples
        self.params = params
        self._gather = tf.function(_gatherer(examples, params))

    def epoch(self, number: int) -> tf.data.Dataset:
        """One epoch of batches of B queries, the same for the same seed and number.

        Each is {"history": (B, max_history) int32 newest first and padded with 0, "user": (B,) int32 from 1,
        "targets": (B, targets_per_query) int32, drawn from the query's window}.
        """
        random = np.random.default_rng([self.params.seed, number])
        drawn = np.flatnonzero(random.random(len(self.examples)) < self.examples.weights)
        order = random.permutation(drawn)
        size = min(self.params.batch_size, len(order))
        steps = len(order) // size
        blocks = tf.data.Dataset.from_tensor_slices(order[: steps * size].reshape(steps, size))
        seeds = tf.data.Dataset.from_tensor_slices(random.integers(2**31, size=(steps, 2), dtype=np.int32))
        return tf.data.Dataset.zip(blocks, seeds).map(self._gather, num_parallel_calls=2).prefetch(4)


def _gatherer(
    examples: Examples, params: TrainParams
) -> Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]:
    """The function (query numbers, seed) -> batch, over arrays that tf.data holds once."""
    items, target_items = tf.constant(examples.items), tf.constant(examples.target_items)
    users = tf.constant(examples.users + 1)
    history_from, history_to = tf.constant(examples.history_from), tf.constant(examples.history_to)
    target_from, target_to = tf.constant(examples.target_from), tf.constant(examples.target_to)
    back = tf.range(1, params.max_history + 1, dtype=tf.int64)

    def gather(queries: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        at = tf.gather(history_to, queries)[:, None] - back
        inside = at >= tf.gather(history_from, queries)[:, None]
        first, last = tf.gather(target_from, queries)[:, None], tf.gather(target_to, queries)[:, None]
        share = tf.random.stateless_uniform(
            [tf.size(queries), params.targets_per_query], seed, dtype=tf.float64
        )
        drawn = first + tf.cast(share * tf.cast(last - first, tf.float64), tf.int64)
        return {
            HISTORY: tf.where(inside, tf.gather(items, tf.maximum(at, 0)), 0),
            USER: tf.gather(users, queries),
            TARGETS: tf.gather(target_items, drawn),
        }

    return gather
