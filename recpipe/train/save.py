"""Writing a trained model as an immutable version that other processes can use without this library."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from recpipe.core import columns as c
from recpipe.core.files import content_id
from recpipe.core.refits import REFIT_OF
from recpipe.core.workspace import Workspace
from recpipe.train.data import TrainingData
from recpipe.train.fit import Fitted
from recpipe.train.inputs import SEQUENCES, USER
from recpipe.train.judge import vectors_at
from recpipe.train.two_tower import TwoTower

VOCABULARY, VECTORS, TOWER, USERS = "vocabulary.parquet", "item_vectors.npy", "query_tower", "users.parquet"
QUERY_VECTOR = "query_vector"


def save(workspace: Workspace, fitted: Fitted) -> str:
    """Write a trained model as a version, let the pointer "newest" name it, and return its name."""
    judged = {"validation_ndcg": fitted.validation_ndcg, "curve": fitted.curve}
    name = write(workspace, fitted, fitted.data.params.encoder, judged)
    workspace.models.point("newest", name)
    if fitted.checkpoint:
        fitted.checkpoint.remove()
    return name


def save_refit(workspace: Workspace, fitted: Fitted, version: str) -> str:
    """Write a model trained up to now as a refit of `version`, and return its name; no pointer moves."""
    # nobody judged it: figures without a number
    curve = [{name: row[name] for name in ("epoch", "loss", "seconds")} for row in fitted.curve]
    name = write(workspace, fitted, f"{version}-refit", {"curve": curve}, {REFIT_OF: version})
    if fitted.checkpoint:
        fitted.checkpoint.remove()
    return name


def write(
    workspace: Workspace,
    fitted: Fitted,
    prefix: str,
    figures: Mapping[str, Any],
    more: Mapping[str, str] | None = None,
) -> str:
    """Write a trained model as a sealed folder called `prefix` and its id; `more` joins its manifest.

    vocabulary.parquet: item_index, item_id. item_vectors.npy: (items + 1, dimension + 1) float32, row 0
    zeros, the last dimension the item's bias. query_tower/: a SavedModel, see `_export_tower`.
    users.parquet (encoder `id`): user_index, user_id. The id is made of snapshot, parameters and weights:
    training the same again gives the folder that is here.
    """
    data, encoder = fitted.data, fitted.model.encoder
    made_of = data.snapshot, data.params.model_dump(), fitted.popularity_weight, _weights(fitted.model)
    draft = workspace.models.draft(f"{prefix}-{content_id(*made_of)}")
    data.vocabulary.write(draft.folder / VOCABULARY)
    # popularity as of the test's begin, so newer than the training events; of a refit: as of now
    vectors = vectors_at(fitted.model, data, "test", fitted.popularity_weight)
    np.save(draft.folder / VECTORS, vectors)
    _export_tower(fitted.model, data, draft.folder / TOWER)
    if USER in encoder.reads:
        _write_users(data.users.ids, draft.folder / USERS)
    return draft.seal(
        {
            "kind": data.params.encoder,
            "snapshot": data.snapshot,
            "split": data.split,
            "parameters": data.params.model_dump(),
            "query_inputs": list(encoder.reads),
            "event_types": list(data.event_types),
            "loss": fitted.model.loss_name,
            "figures": {
                "best_epoch": fitted.best_epoch,
                "ended": fitted.ended,
                "popularity_weight": fitted.popularity_weight,
                **figures,
            },
            **(more or {}),
        }
    )


def _weights(model: TwoTower) -> list[str]:
    """SHA-256 of each variable: a SavedModel's own bytes differ from one writing to the next."""
    return [hashlib.sha256(variable.numpy().tobytes()).hexdigest() for variable in model.variables]


def _export_tower(model: TwoTower, data: TrainingData, folder: Path) -> None:
    """Export the query tower with one signature, `serving_default`.

    Takes what the manifest names as `query_inputs`, all int32: `history` (n, max_history), item indices of
    vocabulary.parquet, newest first, padded with 0; `event_types`, of the same shape, positions from 1 in the
    manifest's `event_types`; `gaps`, of the same shape, see `inputs.gap_buckets`; or (encoder `id`) `user`
    (n,), indices of users.parquet, 0 = unknown. Returns `query_vector` (n, dimension + 1) float32,
    the last one 1. Score = dot product with a row of item_vectors.npy.
    """
    shapes = {name: [None, data.params.max_history] for name in SEQUENCES} | {USER: [None]}
    reads = {name: tf.TensorSpec(shapes[name], tf.int32, name=name) for name in model.encoder.reads}
    exported = tf.Module()
    exported.encoder = model.encoder  # so that its variables are saved
    signature = _signature(model.query_vectors).get_concrete_function(**reads)
    tf.saved_model.save(exported, str(folder), signatures={"serving_default": signature})


def _signature(query_vectors: Callable[[dict[str, tf.Tensor]], tf.Tensor]) -> Any:
    @tf.function
    def query(**inputs: tf.Tensor) -> dict[str, tf.Tensor]:
        return {QUERY_VECTOR: query_vectors(inputs)}

    return query


def _write_users(user_ids: np.ndarray, path: Path) -> None:
    index = pa.array(np.arange(1, len(user_ids) + 1, dtype=np.int32))
    pq.write_table(pa.table({"user_index": index, c.USER_ID: pa.array(user_ids.tolist(), pa.string())}), path)
