"""The encoder `id`: one learned vector a user."""

import tensorflow as tf

from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.contract import Encoder
from recpipe.train.inputs import USER
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings


class IdEncoder(Encoder):
    """One learned vector a user: with the item vectors this is matrix factorisation, R = U · Vᵀ.

    An unknown user has the zero vector, so gets the items by their bias alone.
    """

    name_in_params = "id"
    reads = (USER,)

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        start = tf.random.normal([user_count + 1, params.dimension], stddev=0.1)
        self.user_table = tf.Variable(start, name="user_table")
        self.dropout = chance.Dropout(params.dropout)

    def encode(self, inputs: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        """User (n,) -> (n, 1, dimension)."""
        users = inputs[USER]
        known = tf.cast(users > 0, tf.float32)[:, None]
        vectors = self.dropout(tf.gather(self.user_table, users) * known, training=training)
        return vectors[:, None, :]
