"""Training's curve as TensorBoard logs: `tensorboard --logdir workspace/runs/<run>/train`.

TensorBoard itself is not needed to write them: `tf.summary.scalar` would, `tf.summary.write` does not.
"""

from pathlib import Path

import tensorflow as tf

SCALARS = tf.compat.v1.SummaryMetadata(
    plugin_data=tf.compat.v1.SummaryMetadata.PluginData(plugin_name="scalars"), data_class="DATA_CLASS_SCALAR"
)


class Board:
    """Writes one event file into `folder`; without a folder nothing."""

    def __init__(self, folder: Path | None) -> None:
        self._writer = tf.summary.create_file_writer(str(folder)) if folder else None

    def tell(self, epoch: int, **values: float) -> None:
        """Log `values` of an epoch, and let them reach the disk: a board may be looking on."""
        if self._writer is None:
            return
        with self._writer.as_default():
            for name, value in values.items():
                tf.summary.write(name, tf.constant(value, tf.float32), step=epoch, metadata=SCALARS)
        self._writer.flush()
