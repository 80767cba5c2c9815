"""What the encoders that read a history in order have in common."""

import tensorflow as tf

from recpipe.train import chance
from recpipe.train.attributes import AttributeCodes
from recpipe.train.encoders.contract import Encoder
from recpipe.train.inputs import EVENT_TYPES, GAP_BUCKETS, GAPS, HISTORY
from recpipe.train.items import ItemTower
from recpipe.train.settings import Settings

MOST_EVENT_TYPES = 255


class SequenceEncoder(Encoder):
    """An entry of the history is its item's vector + its event type's + that of the gap before it.

    Subclasses give `transform`. It works oldest first, so that padding comes before everything.
    """

    reads = (HISTORY, EVENT_TYPES, GAPS)
    every_position = True

    def __init__(
        self, params: Settings, user_count: int, items: ItemTower, codes: AttributeCodes | None = None
    ) -> None:
        super().__init__(params, user_count, items, codes)
        self.type_table = self._table(MOST_EVENT_TYPES + 1, "type_table")
        self.gap_table = self._table(GAP_BUCKETS + 1, "gap_table")
        self.dropout = chance.Dropout(params.dropout)

    def transform(self, entries: tf.Tensor, present: tf.Tensor, training: bool) -> tf.Tensor:
        """Entries (n, length, dimension) oldest first, present (n, length) bool -> states, the same shape.

        A state depends on its entry and earlier ones only.
        """
        raise NotImplementedError

    def encode(self, inputs: dict[str, tf.Tensor], training: bool) -> tf.Tensor:
        """Three inputs (n, max_history), newest first -> (n, max_history, dimension), newest first."""
        history = tf.reverse(inputs[HISTORY], [1])
        entries = self.items(history, training=training) * self.params.dimension**0.5
        for name, table in ((EVENT_TYPES, self.type_table), (GAPS, self.gap_table)):
            entries += tf.gather(table, tf.reverse(inputs[name], [1]))
        present = history > 0
        entries = self.dropout(entries, training=training) * tf.cast(present, tf.float32)[..., None]
        return tf.reverse(self.transform(entries, present, training), [1])

    def _table(self, rows: int, name: str) -> tf.Variable:
        return tf.Variable(tf.random.normal([rows, self.params.dimension], stddev=0.1), name=name)
