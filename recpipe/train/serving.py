"""A version as one SavedModel that takes ids and gives ids, for TensorFlow Serving or TensorFlow alone."""

from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from recpipe.core.errors import DataError
from recpipe.core.files import sync_tree, temporary
from recpipe.core.workspace import Workspace
from recpipe.train.inputs import EVENT_TYPES, GAPS, HISTORY, USER
from recpipe.train.load import load
from recpipe.train.popularity import KIND
from recpipe.train.save import QUERY_VECTOR, TOWER
from recpipe.train.users import USER_FEATURES, USER_NUMBERS


class Serving(tf.Module):
    """A query tower with the item vectors and ids of its version; its tables are saved with it.

    tower: the version's own SavedModel, None for popularity. ids: (items,), those of rows 1 to items of
    `vectors`, (items + 1, d). max_history: entries that the tower reads.
    """

    def __init__(self, tower: Any, ids: list[str], vectors: np.ndarray, max_history: int) -> None:
        super().__init__()
        self.tower, self.max_history = tower, max_history
        self.reads = tower.signatures["serving_default"].structured_input_signature[1] if tower else {}
        self.vectors = tf.Variable(vectors, trainable=False)
        self.ids = tf.Variable(["", *ids], dtype=tf.string, trainable=False)
        rows = tf.range(1, len(ids) + 1, dtype=tf.int64)
        self.rows = tf.lookup.StaticHashTable(tf.lookup.KeyValueTensorInitializer(tf.constant(ids), rows), 0)

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, None], tf.string, name="history"),
            tf.TensorSpec([], tf.int32, name="k"),
        ]
    )
    def recommend(self, history: tf.Tensor, k: tf.Tensor) -> dict[str, tf.Tensor]:
        """Best `k` items for each of n histories, those of the history left out.

        history: (n, any) ids, the newest first, "" where there are no more; k: how many at most. Returns
        `item_ids` (n, k) and `scores` (n, k), best first; an unknown id counts for nothing. Where fewer than
        k are left, "" and -inf.
        """
        rows = tf.cast(self.rows.lookup(history), tf.int32)
        scores = tf.matmul(self._queries(rows), self.vectors, transpose_b=True)
        users = tf.broadcast_to(tf.range(tf.shape(rows)[0])[:, None], tf.shape(rows))
        # the unknown item, row 0, is never recommended: unknown ids bar it, and so does the first column
        barred = tf.reshape(tf.stack([users, rows], axis=2), [-1, 2])
        out = tf.fill([tf.shape(barred)[0]], -np.inf)
        scores = tf.tensor_scatter_nd_update(scores, barred, tf.cast(out, tf.float32))
        scores = tf.concat([tf.fill([tf.shape(rows)[0], 1], np.float32(-np.inf)), scores[:, 1:]], axis=1)
        best, items = tf.math.top_k(scores, tf.minimum(k, tf.shape(self.vectors)[0]))
        items = tf.where(tf.math.is_inf(best), 0, items)
        return {"item_ids": tf.gather(self.ids, items), "scores": best}

    def _queries(self, rows: tf.Tensor) -> tf.Tensor:
        count = tf.shape(rows)[0]
        if self.tower is None:
            return tf.ones([count, 1])
        # known items first, in their order, as many as the tower reads
        order = tf.argsort(tf.cast(rows == 0, tf.int32), axis=1, stable=True)
        known = tf.gather(rows, order, batch_dims=1)[:, : self.max_history]
        known = tf.pad(known, [[0, 0], [0, self.max_history - tf.shape(known)[1]]])
        known = tf.ensure_shape(known, [None, self.max_history])
        width = self.reads[USER_NUMBERS].shape[1] if USER_NUMBERS in self.reads else 0
        unknown = tf.constant([[0.0, 1.0] * (width // 2)], tf.float32, shape=[1, width])
        every = {
            HISTORY: known,
            EVENT_TYPES: tf.zeros_like(known),
            GAPS: tf.cast(known > 0, tf.int32),
            USER_FEATURES: tf.zeros([count, 1], tf.int32),
            USER_NUMBERS: tf.tile(unknown, [count, 1]),
        }
        read = {name: every[name] for name in self.reads}
        vectors: tf.Tensor = self.tower.signatures["serving_default"](**read)[QUERY_VECTOR]
        return vectors


def export_serving(workspace: Workspace, version: str, folder: Path) -> None:
    """Write `version` to the new folder `folder` as a SavedModel; its signature is `Serving.recommend`.

    Only ids are read: types of events, times and attributes of users count as unknown, and what a user has
    is never recommended again. The folder appears whole or not at all. Raises DataError if it is there
    already, if the version was altered, or if it knows users instead of histories (encoder `id`).
    """
    if folder.exists() or not folder.parent.is_dir():
        why = "it is there already" if folder.exists() else f"there is no folder {folder.parent}"
        raise DataError(f"{folder}: cannot be written, {why}", "Name a new folder in one that exists.")
    recommender, manifest = load(workspace, version), workspace.models.manifest(version)
    tower = None
    if manifest["kind"] != KIND:
        if USER in manifest["query_inputs"]:
            raise DataError(
                f"model version {version}: encoder {manifest['kind']} knows users, not histories",
                "Train with another train.encoder.",
            )
        tower = tf.saved_model.load(str(workspace.models.path(version) / TOWER))
    depth = int(manifest["parameters"].get("max_history", 1))
    serving = Serving(tower, recommender.vocabulary.ids.tolist(), recommender.item_vectors, depth)
    unfinished = temporary(folder.parent, folder.name)
    tf.saved_model.save(serving, str(unfinished), signatures={"serving_default": serving.recommend})
    sync_tree(unfinished)
    unfinished.rename(folder)
