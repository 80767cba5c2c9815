"""Batches for TensorFlow: numbers only, gathered from flat arrays inside tf.data."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
import tensorflow as tf

from recpipe.train.examples import Examples
from recpipe.train.inputs import EVENT_TYPES, GAPS, HISTORY, USER
from recpipe.train.moments import PastPopularity
from recpipe.train.settings import Settings
from recpipe.train.windows import Windows

TARGETS, MOMENT = "targets", "moment"


class Batches:
    """Shuffled batches of B histories; the arrays are held once, the gathering is traced once.

    A history is that of one query, or (`every_position`) a window of a user's events with a query after each.
    user_numbers: (users,) what the users are called, from 1; none: by their rows. user_inputs: by name,
    (users, any), what is known of them beside it. past: of which moments popularity is known.
    """

    def __init__(
        self,
        examples: Examples,
        params: Settings,
        *,
        every_position: bool = False,
        user_numbers: np.ndarray | None = None,
        user_inputs: Mapping[str, np.ndarray] | None = None,
        past: PastPopularity | None = None,
    ) -> None:
        self.examples = examples
        self.params = params
        self.windows = Windows(examples, params) if every_position else None
        self.user_inputs, self.past = user_inputs or {}, past
        self.users = examples.users + 1 if user_numbers is None else user_numbers[examples.users]

    @cached_property
    def _gather(self) -> Any:
        known = self.user_inputs, self.past
        return tf.function(_gatherer(self.examples, self.users, self.params, self.windows, *known))

    @property
    def expected(self) -> float:
        """How many histories an epoch has, give or take what the draw changes."""
        return self.windows.expected if self.windows else float(self.examples.weights.sum())

    def epoch(self, *number: int) -> tf.data.Dataset:
        """One epoch of batches, the same for the same seed and number (a second number tells a block).

        Each is {"history", "event_types", "gaps": (B, max_history) int32, newest first and padded with 0,
        "user": (B,) int32 from 1, the user inputs (B, any), "targets": (B, positions, targets_per_query)
        int32, drawn from the query's window, "moment": (B, positions) int32, the last one of `past` at the
        query's time}; a position without a target has zeros. positions is 1, or max_history: one a history
        entry.
        """
        random = np.random.default_rng([self.params.seed, *number])
        rows = self._rows(random)
        size = max(1, min(self.params.batch_size, len(rows)))
        steps = len(rows) // size
        blocks = tf.data.Dataset.from_tensor_slices(rows[: steps * size].reshape(steps, size, 3))
        seeds = tf.data.Dataset.from_tensor_slices(random.integers(2**31, size=(steps, 2), dtype=np.int32))
        return tf.data.Dataset.zip(blocks, seeds).map(self._gather, num_parallel_calls=2).prefetch(4)

    def _rows(self, random: np.random.Generator) -> np.ndarray:
        """What an epoch is made of, shuffled: (n, 3) int64, begin and end of a history, and a query.

        The query is the one whose targets are foreseen; -1 stands for one after each entry.
        """
        if self.windows:
            return self.windows.draw(random)
        examples = self.examples
        drawn = random.permutation(np.flatnonzero(random.random(len(examples)) < examples.weights))
        return np.stack([examples.history_from[drawn], examples.history_to[drawn], drawn], axis=1)


def _gatherer(
    examples: Examples,
    user_numbers: np.ndarray,
    params: Settings,
    windows: Windows | None,
    user_inputs: Mapping[str, np.ndarray],
    past: PastPopularity | None,
) -> Callable[[tf.Tensor, tf.Tensor], dict[str, tf.Tensor]]:
    """The function (rows, seed) -> batch, over arrays that tf.data holds once."""
    columns = {HISTORY: examples.items, EVENT_TYPES: examples.event_types, GAPS: examples.gaps}
    # one more value, so that the history before the very first event can be looked up too
    held = {name: tf.constant(np.append(values, 0).astype(np.int32)) for name, values in columns.items()}
    target_items = tf.constant(examples.target_items)
    users, numbers = tf.constant(examples.users), tf.constant(user_numbers)
    of_users = {name: tf.constant(values) for name, values in user_inputs.items()}
    moments = tf.constant(past.at(examples.times) if past else np.zeros(len(examples), np.int32))
    target_from, target_to = tf.constant(examples.target_from), tf.constant(examples.target_to)
    draw = _drawer(examples)
    query_after = tf.constant(windows.query_after) if windows else None
    back = tf.range(1, params.max_history + 1, dtype=tf.int64)

    def gather(rows: tf.Tensor, seed: tf.Tensor) -> dict[str, tf.Tensor]:
        at = rows[:, 1:2] - back
        inside = at >= rows[:, 0:1]
        at = tf.where(inside, at, tf.size(held[HISTORY], tf.int64) - 1)
        queries = rows[:, 2:3] if query_after is None else tf.gather(query_after, at)
        is_query, queries = queries >= 0, tf.maximum(queries, 0)
        shape = tf.concat([tf.shape(queries), [params.targets_per_query]], axis=0)
        share = tf.random.stateless_uniform(shape, seed, dtype=tf.float64)
        drawn = draw(
            tf.gather(target_from, queries)[..., None], tf.gather(target_to, queries)[..., None], share
        )
        query = tf.reduce_max(queries, axis=1)
        user = tf.gather(users, query)
        return {
            **{name: tf.gather(values, at) for name, values in held.items()},
            **{name: tf.gather(values, user) for name, values in of_users.items()},
            USER: tf.gather(numbers, query),
            MOMENT: tf.gather(moments, queries),
            TARGETS: tf.where(is_query[..., None], tf.gather(target_items, drawn), 0),
        }

    return gather


def _drawer(examples: Examples) -> Callable[[tf.Tensor, tf.Tensor, tf.Tensor], tf.Tensor]:
    """The function (first, end, share) -> one target of each window [first, end), at a share in [0, 1).

    Targets are as probable as their weights say.
    """
    if np.ptp(examples.target_weights) == 0:
        return lambda first, end, share: first + tf.cast(share * tf.cast(end - first, tf.float64), tf.int64)
    weight_before = tf.constant(examples.weight_before)

    def draw(first: tf.Tensor, end: tf.Tensor, share: tf.Tensor) -> tf.Tensor:
        low, high = tf.gather(weight_before, first), tf.gather(weight_before, end)
        wanted = low + share * (high - low)
        place = tf.searchsorted(weight_before, tf.reshape(wanted, [-1]), "right", tf.int64) - 1
        # a share just below 1 may round up to the weight at which the next window begins
        return tf.clip_by_value(tf.reshape(place, tf.shape(wanted)), first, end - 1)

    return draw
