"""The one loader of model versions, popularity and two-tower alike. Nothing is ever unpickled."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import tensorflow as tf

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.files import read_json
from recpipe.core.recommender import SecondStage
from recpipe.core.snapshot import Histories
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.train.attributes import AttributeCodes
from recpipe.train.inputs import USER, encoder_inputs
from recpipe.train.popularity import KIND
from recpipe.train.repeat_version import RepeatModel, load_repeats
from recpipe.train.save import QUERY_VECTOR, TOWER, USER_CODES, VECTORS
from recpipe.train.users import has_attributes
from recpipe.train.weights import USERS, VOCABULARY

QUERY_BLOCK = 1024
REMAKE = "Delete the folder and run the stage `train` again."


@dataclass(frozen=True)
class Recommender:
    """A model version ready for use: score of an item = query vector · item vector.

    item_vectors: (items + 1, d) float32, row 0 (unknown) zeros, in the order of `vocabulary`. event_types:
    the ones it knows, by their index from 1. user_codes: what it reads of users' attributes. repeats: what
    mixes in the user's own items where lists may hold them, None if the version has none. popularity_of_late:
    (days, weight) -> the bias of an item, its vector's last dimension, holds weight × log(1 + users in the
    last so many days before the test), or before now in a refit.
    """

    version: str
    kind: str
    vocabulary: Vocabulary
    item_vectors: np.ndarray
    event_types: tuple[str, ...]
    _query: Callable[[Histories], np.ndarray] = field(repr=False)
    user_codes: AttributeCodes
    repeats: RepeatModel | None = None
    popularity_of_late: tuple[tuple[int, float], ...] = ()
    second: SecondStage | None = None

    def query_vectors(self, histories: Histories) -> np.ndarray:
        """(n, d) float32 for n users whose items are indices of the model's own vocabulary, 0 = unknown."""
        return self._query(histories)

    def knows(self, histories: Histories) -> np.ndarray:
        """Of which of n users an item or an attribute is known, (n,) bool; the others have one list."""
        return histories.have_known_items | has_attributes(self.user_codes, histories)

    def with_vectors(self, item_vectors: np.ndarray) -> "Recommender":
        """Return the same with other item vectors (items + 1, d)."""
        return replace(self, item_vectors=item_vectors)

    def translate(self, histories: Histories, vocabulary: Vocabulary) -> Histories:
        """Histories in the indices of `vocabulary`, told in the model's; what it does not know becomes 0.

        Give all items of the snapshot, `Vocabulary(snapshot.items()["item_id"])`: an item that is new in the
        snapshot may be an old one to the model.
        """
        return histories.translated(vocabulary.translation_to(self.vocabulary))


def load(workspace: Workspace, version: str) -> Recommender:
    """Load a model version. Raises DataError naming the file if one is missing, altered or unfit."""
    folder, manifest = workspace.models.verify(version), workspace.models.manifest(version)
    vocabulary = Vocabulary.read(folder / VOCABULARY)
    vectors = _read_vectors(folder / VECTORS, vocabulary.size)
    codes = AttributeCodes()
    if (folder / USER_CODES).is_file():
        codes = AttributeCodes.read(read_json(folder / USER_CODES))
    query = _same_for_all if manifest["kind"] == KIND else _tower(folder, manifest, codes)
    types = tuple(manifest.get("event_types", ()))
    repeats = load_repeats(folder, manifest)
    late = _popularity_of_late(manifest)
    return Recommender(version, manifest["kind"], vocabulary, vectors, types, query, codes, repeats, late)


def curve(workspace: Workspace, version: str) -> pd.DataFrame:
    """How training went, a row an epoch: loss, ndcg (validation NDCG@10), seconds, CPU seconds; by epoch."""
    return pd.DataFrame(workspace.models.manifest(version)["figures"]["curve"]).set_index("epoch")


def figures(workspace: Workspace, version: str) -> dict[str, Any]:
    """What a version says of its own training, the curve left out; validation only, no test figures."""
    every: dict[str, Any] = workspace.models.manifest(version)["figures"]
    return {name: value for name, value in every.items() if name != "curve"}


def _read_vectors(path: Path, item_count: int) -> np.ndarray:
    try:
        vectors: np.ndarray = np.load(path, allow_pickle=False)
    except ValueError as error:
        raise DataError(f"{path}: no array of numbers ({error})", REMAKE) from None
    if vectors.ndim != 2 or len(vectors) != item_count + 1:
        raise DataError(f"{path}: shape {vectors.shape} does not fit {item_count} items", REMAKE)
    return vectors


def _popularity_of_late(manifest: dict[str, Any]) -> tuple[tuple[int, float], ...]:
    """Read what `recency.vectors_at` put into the biases; nothing for popularity, which has no bias."""
    weights, parameters = manifest["figures"].get("popularity_weights"), manifest["parameters"]
    if not weights:
        return ()
    learned = manifest["figures"].get("recency_weights", (0.0, 0.0))
    days = parameters["recent_days"], parameters["latest_days"]
    return tuple((span, own + more) for span, own, more in zip(days, weights, learned, strict=True))


def _same_for_all(histories: Histories) -> np.ndarray:
    return np.ones((len(histories), 1), dtype=np.float32)


def _tower(
    folder: Path, manifest: dict[str, Any], codes: AttributeCodes
) -> Callable[[Histories], np.ndarray]:
    """The saved query tower as a function of histories."""
    saved = tf.saved_model.load(str(folder / TOWER))
    signature, reads = saved.signatures["serving_default"], manifest["query_inputs"]
    parameters = manifest["parameters"]
    users = Vocabulary(_read_users(folder / USERS) if USER in reads else np.empty(0, dtype=object))

    def query(histories: Histories) -> np.ndarray:
        blocks = [np.empty((0, parameters["dimension"] + 1), dtype=np.float32)]
        for start in range(0, len(histories), QUERY_BLOCK):
            some = histories.take(np.arange(start, min(start + QUERY_BLOCK, len(histories))))
            inputs = encoder_inputs(reads, some, parameters["max_history"], users, codes)
            tensors = {name: tf.constant(values) for name, values in inputs.items()}
            blocks.append(signature(**tensors)[QUERY_VECTOR].numpy())
        return np.concatenate(blocks)

    query.saved = saved  # type: ignore[attr-defined]  # a signature does not keep its variables alive
    return query


def _read_users(path: Path) -> np.ndarray:
    ids: np.ndarray = pq.read_table(path).column(c.USER_ID).to_numpy(zero_copy_only=False)
    return ids
