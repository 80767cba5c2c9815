"""Writing a trained model as an immutable version that other processes can use without this library."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
import tf_keras

from recpipe.core import columns as c
from recpipe.core.files import content_id, write_json
from recpipe.core.refits import REFIT_OF
from recpipe.core.shelf import Draft
from recpipe.core.starts import CHAMPION_BEFORE, STARTED_FROM
from recpipe.core.workspace import Workspace
from recpipe.train.candidates import export_candidates
from recpipe.train.data import TrainingData
from recpipe.train.fit import Fitted
from recpipe.train.inputs import SEQUENCES, USER
from recpipe.train.recency import learned_weights, vectors_at
from recpipe.train.repeat_features import FEATURES
from recpipe.train.repeat_version import FOLDER as REPEATS
from recpipe.train.repeat_version import export_repeats
from recpipe.train.repeat_weight import weigh_repeats
from recpipe.train.repeats import Repeats
from recpipe.train.two_tower import TwoTower
from recpipe.train.users import USER_FEATURES, USER_NUMBERS
from recpipe.train.warm_start import learned_until
from recpipe.train.weights import USERS, VOCABULARY, write_weights

VECTORS, TOWER = "item_vectors.npy", "query_tower"
USER_CODES, QUERY_VECTOR = "user_codes.json", "query_vector"


def save(workspace: Workspace, fitted: Fitted, repeats: Repeats | None = None) -> str:
    """Write a trained model, with its repeat model if there is one, as a version; return its name.

    The pointer "newest" names it then.
    """
    judged = {"validation_ndcg": fitted.validation_ndcg, "curve": fitted.curve}
    told = _told(fitted, repeats) if repeats else {}
    made_of = [told[REPEATS]["weight"], *_weights(repeats.scorer)] if repeats else []
    draft = begin(workspace, fitted, fitted.data.params.encoder, made_of)
    if repeats:
        export_repeats(repeats, draft.folder / REPEATS)
    name = write(draft, fitted, judged, told)
    workspace.models.point("newest", name)
    if fitted.checkpoint:
        fitted.checkpoint.remove()
    return name


def save_refit(workspace: Workspace, fitted: Fitted, version: str) -> str:
    """Write a model trained up to now as a refit of `version`, and return its name; no pointer moves."""
    # nobody judged it: figures without a number
    curve = [
        {name: row[name] for name in ("epoch", "loss", "seconds", "cpu_seconds")} for row in fitted.curve
    ]
    draft, told = begin(workspace, fitted, f"{version}-refit"), {REFIT_OF: version}
    # what is taken again is told by features as of now, so the repeat model itself is the evaluated one
    if (evaluated := workspace.models.path(version) / REPEATS).is_dir():
        shutil.copytree(evaluated, draft.folder / REPEATS)
        told[REPEATS] = workspace.models.manifest(version)[REPEATS]
    name = write(draft, fitted, {"curve": curve}, told)
    if fitted.checkpoint:
        fitted.checkpoint.remove()
    return name


def begin(workspace: Workspace, fitted: Fitted, prefix: str, more: Sequence[Any] = ()) -> Draft:
    """Begin a folder called `prefix` and its id, made of snapshot, parameters, weights and `more`.

    Training the same again gives the folder that is here.
    """
    made_of = fitted.data.snapshot, fitted.data.params.model_dump(), fitted.popularity_weights
    return workspace.models.draft(f"{prefix}-{content_id(*made_of, _weights(fitted.model), *more)}")


def write(draft: Draft, fitted: Fitted, figures: Mapping[str, Any], more: Mapping[str, Any]) -> str:
    """Write a trained model into `draft` and seal it; `more` joins its manifest.

    vocabulary.parquet: item_index, item_id. item_vectors.npy: (items + 1, dimension + 1) float32, row 0
    zeros, the last dimension the item's bias. query_tower/: a SavedModel, see `_export_tower`.
    candidate_tower/, item_codes.json (where items have features): vectors of new ones, see `candidates`.
    weights.npz, feature_rows.parquet: what a warm start goes on from, see `weights`. users.parquet (encoder
    `id`): user_index, user_id. user_codes.json (where users have attributes): what they became. repeats/
    (with a repeat model): a SavedModel, see `export_repeats`; its weight in lists stands in the manifest.
    """
    data, encoder = fitted.data, fitted.model.encoder
    data.vocabulary.write(draft.folder / VOCABULARY)
    # popularity as of the test's begin, so newer than the training events; of a refit: as of now
    vectors = vectors_at(fitted.model, data, "test", fitted.popularity_weights)
    np.save(draft.folder / VECTORS, vectors)
    _export_tower(fitted.model, data, draft.folder / TOWER)
    export_candidates(fitted.model, data, vectors, draft.folder)
    write_weights(fitted.model, data, draft.folder)
    if USER in encoder.reads:
        _write_users(data.users.ids, draft.folder / USERS)
    if USER_FEATURES in encoder.reads:
        write_json(draft.folder / USER_CODES, encoder.codes.told())
    return draft.seal(
        {
            "kind": data.params.encoder,
            "snapshot": data.snapshot,
            "split": data.split,
            "learned_until": learned_until(data, fitted.start),
            CHAMPION_BEFORE: fitted.start.champion,
            STARTED_FROM: fitted.start.version,
            "parameters": data.params.model_dump(),
            "query_inputs": list(encoder.reads),
            "event_types": list(data.event_types),
            "loss": fitted.model.loss_name,
            "figures": {
                "best_epoch": fitted.best_epoch,
                "ended": fitted.ended,
                "popularity_weights": list(fitted.popularity_weights),
                "recency_weights": learned_weights(fitted.model),
                **figures,
            },
            **more,
        }
    )


def _told(fitted: Fitted, repeats: Repeats) -> dict[str, Any]:
    """What the manifest says of the repeat model."""
    weight, ndcg = weigh_repeats(fitted, repeats)
    return {
        "repeats": {
            "weight": weight,
            "features": list(FEATURES),
            "repeat_share": repeats.repeat_share,
            "best_epoch": repeats.best_epoch,
            "own_validation_ndcg": repeats.validation_ndcg,
            "validation_ndcg": ndcg,
            "curve": repeats.curve,
        }
    }


def _weights(model: tf_keras.Model) -> list[str]:
    """SHA-256 of each variable: a SavedModel's own bytes differ from one writing to the next."""
    return [hashlib.sha256(variable.numpy().tobytes()).hexdigest() for variable in model.variables]


def _export_tower(model: TwoTower, data: TrainingData, folder: Path) -> None:
    """Export the query tower with one signature, `serving_default`.

    Takes what the manifest names as `query_inputs`, int32: `history` (n, max_history), item indices of
    vocabulary.parquet, newest first, padded with 0; `event_types`, of the same shape, positions from 1 in the
    manifest's `event_types`; `gaps`, of the same shape, see `inputs.gap_buckets`; or (encoder `id`) `user`
    (n,), indices of users.parquet, 0 = unknown. Where users have attributes, also `user_features` (n, any),
    positions from 1 in the `features` of user_codes.json, 0 = none or unknown; and `user_numbers` (n, 2 m)
    float32, two columns for each of its m `scales`: the number, less `mean` and in units of `deviation`
    (its logarithm if `is_log`), 0 where it is unknown; and 1 where it is unknown. Returns `query_vector`
    (n, dimension + 1) float32, the last one 1. Score = dot product with a row of item_vectors.npy.
    """
    shapes = {name: [None, data.params.max_history] for name in SEQUENCES} | {USER: [None]}
    shapes |= {USER_FEATURES: [None, None], USER_NUMBERS: [None, len(model.encoder.codes.number_names)]}
    reads = {
        name: tf.TensorSpec(shapes[name], tf.float32 if name == USER_NUMBERS else tf.int32, name=name)
        for name in model.encoder.reads
    }
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
