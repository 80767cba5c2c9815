"""The repeat model within a version: written as a SavedModel, and read for use in lists."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import tensorflow as tf

from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.snapshot import Histories
from recpipe.train.repeat_features import FEATURES, items_as_of, own_items
from recpipe.train.repeats import Repeats, RepeatScorer, log_softmax

FOLDER, SCORE = "repeats", "score"


@dataclass(frozen=True)
class RepeatModel:
    """A version's repeat model, as `core.ranking` asks for it; weight: its share in a list, in [0, 1)."""

    weight: float
    _saved: Any = field(repr=False)

    def scores(self, features: np.ndarray) -> np.ndarray:
        """(m, len(FEATURES)) float32, the columns of `repeat_features.FEATURES` -> (m,) float32."""
        found = self._saved.signatures["serving_default"](features=tf.constant(features))
        scores: np.ndarray = found[SCORE].numpy()
        return scores

    def log_probabilities(
        self, histories: Histories, moments: np.ndarray, counts: Mapping[str, np.ndarray]
    ) -> tuple[Ragged, np.ndarray]:
        """The items of n users, and the log of how probable each is as the one taken again, float64."""
        own = own_items(histories, moments, items_as_of(counts))
        return own.items, log_softmax(self.scores(own.features), own.items)


def export_repeats(repeats: Repeats, folder: Path) -> None:
    """Write the scorer with one signature, `serving_default`.

    Takes `features` (m, len(FEATURES)) float32, the columns of `repeat_features.FEATURES` as `own_items`
    describes them; returns `score` (m,) float32. A softmax over all items of one user makes probabilities.
    """
    exported = tf.Module()
    exported.scorer = repeats.scorer  # so that its variables are saved
    features = tf.TensorSpec([None, len(FEATURES)], tf.float32, name="features")
    signature = _signature(repeats.scorer).get_concrete_function(features)
    tf.saved_model.save(exported, str(folder), signatures={"serving_default": signature})


def _signature(scorer: RepeatScorer) -> Any:
    @tf.function
    def score(features: tf.Tensor) -> dict[str, tf.Tensor]:
        return {SCORE: scorer(features)}

    return score


def load_repeats(folder: Path, manifest: dict[str, Any]) -> RepeatModel | None:
    """The repeat model in a version's folder, None if it has none.

    Raises DataError if it reads other features than this recpipe computes.
    """
    if "repeats" not in manifest:
        return None
    if (read := manifest["repeats"]["features"]) != list(FEATURES):
        raise DataError(
            f"{folder}: its repeat model reads {', '.join(read)}; this recpipe makes {', '.join(FEATURES)}",
            "Run the stage `train` again.",
        )
    return RepeatModel(manifest["repeats"]["weight"], tf.saved_model.load(str(folder / FOLDER)))
