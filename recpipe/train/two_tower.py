"""The model: a query tower and a candidate tower that meet in a dot product."""

import numpy as np
import tensorflow as tf
import tensorflow_recommenders as tfrs
import tf_keras

from recpipe.train.attributes import AttributeCodes
from recpipe.train.datasets import MOMENT, TARGETS
from recpipe.train.encoders import ENCODERS
from recpipe.train.inputs import HISTORY
from recpipe.train.items import ItemTower
from recpipe.train.losses import Candidates, chosen_loss, make_task, own_places
from recpipe.train.moments import PastPopularity
from recpipe.train.settings import Settings

ITEM_BLOCK = 65_536


class TwoTower(tfrs.Model):
    """Two towers of TFRS, trained to tell a query's targets from other items.

    The candidate tower is an item's embedding and a learned bias that starts at `start_bias` (items + 1,),
    the log of its recent popularity. `target_shares` (items + 1,) is how probable an item is as a target.
    With `past` the score has two more learned weights, of popularity in the recent and in the latest days:
    in training as of each query's moment, in item vectors as of `now` (items + 1, 2), the log of the same.
    """

    def __init__(
        self,
        params: Settings,
        user_count: int,
        items: ItemTower,
        target_shares: np.ndarray,
        user_codes: AttributeCodes | None = None,
        past: PastPopularity | None = None,
        now: np.ndarray | None = None,
    ) -> None:
        super().__init__()
        self.recency = None if past is None or now is None else Recency(past, now)
        self.targets = params.targets
        self.items = items
        self.encoder = ENCODERS[params.encoder](params, user_count, items, user_codes)
        item_count = len(target_shares) - 1
        self.loss_name = chosen_loss(params, item_count)
        self.candidates = Candidates(
            self.loss_name, params, tf.constant(target_shares / target_shares.sum(), dtype=tf.float32)
        )
        self.task = make_task(self.loss_name, params, item_count, float(items.bias.numpy().max()))
        self.mean_loss = tf_keras.metrics.Mean(name="mean_loss")

    def compute_loss(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """The loss of the queries of a batch that have targets, see `datasets.Batches`."""
        states = self.encoder({name: inputs[name] for name in self.encoder.reads}, training=training)
        has_targets = inputs[TARGETS][:, :, 0] > 0
        queries = self.with_constant(tf.boolean_mask(states, has_targets))
        if self.recency:
            # one more dimension a moment: the query's own meets the item's popularity then
            moments = tf.boolean_mask(inputs[MOMENT], has_targets)
            queries = tf.concat([queries, tf.one_hot(moments, self.recency.moments)], axis=1)
        targets = tf.boolean_mask(inputs[TARGETS], has_targets)
        # whose items are no negatives; what a sequence will hold later is as little wrong as what it held
        owners = tf.where(has_targets)[:, 0]
        owned = inputs[HISTORY] if self.targets == "new" else None
        by = self._catalogue_loss if self.loss_name == "softmax" else self._sampled_loss
        loss = by(queries, targets, owned, owners, training)
        self.mean_loss.update_state(loss)
        return loss

    def _catalogue_loss(
        self,
        queries: tf.Tensor,
        targets: tf.Tensor,
        owned: tf.Tensor | None,
        owners: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        every = self._training_vectors(tf.range(1, self.candidates.items + 1), training)
        if owned is None:
            return self.task(queries, targets, every)
        places = own_places(owned)
        held = tf.zeros([tf.shape(owned)[0], self.candidates.items + 1], tf.bool)
        held = tf.tensor_scatter_nd_update(held, places, tf.ones(tf.shape(places)[:1], tf.bool))
        return self.task(queries, targets, every, tf.gather(held[:, 1:], owners))

    def _sampled_loss(
        self,
        queries: tf.Tensor,
        targets: tf.Tensor,
        owned: tf.Tensor | None,
        owners: tf.Tensor,
        training: bool,
    ) -> tf.Tensor:
        candidates, log_expected = self.candidates.draw(targets)
        usable = is_foreign(targets, candidates)
        if owned is not None:
            usable &= tf.gather(is_foreign(owned, candidates), owners)
        return self.task(
            queries,
            self._vectors_of(targets, training),
            self._training_vectors(candidates, training),
            usable,
            log_expected,
        )

    def _vectors_of(self, targets: tf.Tensor, training: bool) -> tf.Tensor:
        """(m, t) -> (m, t, as many as `_training_vectors` gives)."""
        flat = self._training_vectors(tf.reshape(targets, [-1]), training)
        return tf.reshape(flat, tf.concat([tf.shape(targets), [flat.shape[1]]], axis=0))

    def _training_vectors(self, items: tf.Tensor, training: bool) -> tf.Tensor:
        """(m,) int32 -> (m, dimension + 1 + moments): popularity at each moment is a dimension of its own."""
        bias = tf.gather(self.items.bias, items)[:, None]
        parts = [self.items(items, training=training), bias]
        return tf.concat(parts + ([self.recency.then(items)] if self.recency else []), axis=1)

    def candidate_vectors(self, items: tf.Tensor) -> tf.Tensor:
        """(m,) int32 -> (m, dimension + 1): the bias is one more dimension, so that score = dot product."""
        bias = tf.gather(self.items.bias, items)
        if self.recency:
            bias += self.recency.now(items)
        return tf.concat([self.items(items), bias[:, None]], axis=1)

    def with_constant(self, queries: tf.Tensor) -> tf.Tensor:
        """(n, dimension) -> (n, dimension + 1): a constant 1 that meets the item's bias."""
        return tf.pad(queries, [[0, 0], [0, 1]], constant_values=1.0)

    def item_vectors(self) -> np.ndarray:
        """All items, (items + 1, dimension + 1) float32; row 0 (unknown) is zeros."""
        every = np.arange(self.items.bias.shape[0], dtype=np.int32)
        blocks = np.array_split(every, len(every) // ITEM_BLOCK + 1)
        vectors = np.concatenate([self.candidate_vectors(tf.constant(block)).numpy() for block in blocks])
        vectors[0] = 0
        return vectors

    def query_vectors(self, inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        """Query vectors for the encoder's inputs, (n, dimension + 1)."""
        return self.with_constant(self.encoder(inputs, training=False)[:, 0])


class Recency(tf.Module):
    """Learned weights (2,) of the log popularity of items in the recent and the latest days; 0 at first.

    At first the bias holds popularity at the end of the train part, so these weigh how it was otherwise then.
    """

    def __init__(self, past: PastPopularity, now: np.ndarray) -> None:
        super().__init__()
        self.moments = len(past.moments)
        self.log_users, self.log_users_now = tf.constant(past.log_users), tf.constant(now)
        self.weights = tf.Variable(tf.zeros([2]), name="recency_weights")

    def then(self, items: tf.Tensor) -> tf.Tensor:
        """(m,) int32 -> (m, moments), popularity at each moment, weighed."""
        log_users = tf.cast(tf.gather(self.log_users, items), tf.float32)
        return tf.einsum("mtw,w->mt", log_users, self.weights)

    def now(self, items: tf.Tensor) -> tf.Tensor:
        """(m,) int32 -> (m,), popularity now, weighed."""
        return tf.linalg.matvec(tf.gather(self.log_users_now, items), self.weights)


def is_foreign(owned: tf.Tensor, candidates: tf.Tensor) -> tf.Tensor:
    """Which candidates (c,) are none of a query's own items (m, any), (m, c) bool.

    Its own targets would be accidental hits. Where only new items are targets, its history can never be
    right, and to push it down would push down its like.
    """
    ascending = tf.sort(owned, axis=1)
    wanted = tf.tile(candidates[None, :], [tf.shape(owned)[0], 1])
    at = tf.minimum(tf.searchsorted(ascending, wanted), tf.shape(owned)[1] - 1)
    return tf.gather(ascending, at, batch_dims=1) != wanted
