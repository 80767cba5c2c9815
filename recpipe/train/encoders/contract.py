"""What every query encoder offers."""

from typing import ClassVar

import tensorflow as tf
import tf_keras

from recpipe.train.attributes import AttributeCodes
from recpipe.train.inputs import HISTORY
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings
from recpipe.train.users import ATTRIBUTES, UserAttributes


class Encoder(tf_keras.layers.Layer):
    """Turns a batch of n users into query vectors.

    `reads` names the inputs it is given, see `inputs.encoder_inputs`. `items` is the candidate tower, shared,
    so that liking an item and being an item agree. Subclasses give `encode(inputs, training)`: a dict of them
    -> (n, positions, dimension) float32. An encoder that reads histories adds the vector of the user's
    attributes to each position, where `codes` has any; its `reads` names these inputs then. A sequence
    encoder (`every_position`) gives a vector for each entry of the history: what it knew just after it,
    newest first; so every position of a history is trained on in one pass. The others give one vector for the
    whole. Position 0 is what lists are made from.

    The same inputs give the same vectors outside training; no history, or an unknown user, is an input
    like any other.
    """

    name_in_params: ClassVar[str]
    reads: tuple[str, ...]
    every_position: ClassVar[bool] = False

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(name=f"{self.name_in_params}_encoder")
        self.params = params
        self.user_count = user_count
        self.items = items
        self.codes = codes if codes and HISTORY in self.reads else AttributeCodes()
        self.attributes = None
        if self.codes != AttributeCodes():
            self.attributes = UserAttributes(self.codes, params.dimension, params.dropout)
            self.reads = (*self.reads, *ATTRIBUTES)

    def encode(self, inputs: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        """Inputs of n users -> (n, positions, dimension)."""
        raise NotImplementedError

    def call(self, inputs: dict[str, tf.Tensor], training: bool = False) -> tf.Tensor:
        """Inputs of n users -> (n, positions, dimension), their attributes included."""
        states = self.encode(inputs, training)
        if self.attributes is not None:
            states += self.attributes(inputs, training=training)[:, None, :]
        return states
