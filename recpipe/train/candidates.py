"""The candidate tower of a version: vectors of items that it never saw, from what is known of them alone."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import tensorflow as tf

from recpipe.core.errors import DataError
from recpipe.core.files import read_json, write_json
from recpipe.core.workspace import Workspace
from recpipe.train.data import TrainingData
from recpipe.train.item_inputs import ItemCodes, ItemInputs
from recpipe.train.survey import RECENT_USERS
from recpipe.train.two_tower import TwoTower

CANDIDATE_TOWER, CODES = "candidate_tower", "item_codes.json"
ITEM_VECTOR, NUMBERS = "item_vector", "numbers"


def new_item_vectors(workspace: Workspace, version: str, items: pa.Table) -> np.ndarray:
    """Vectors of n items that `version` need not know, (n, dimension + 1) float32, as in item_vectors.npy.

    items: columns `title`, `categories` and `attributes`, as in a snapshot's table `items`. No id takes
    part. The bias, the last dimension, is the same for all: see `newcomer_bias`. Raises DataError if the
    version was altered, or reads nothing of items but their ids.
    """
    folder = workspace.models.verify(version)
    if not (folder / CODES).is_file():
        raise DataError(
            f"{folder}: this version knows items by their ids only, so it has no vector for a new one",
            "Train with --train.use_categories, use_attributes or use_titles.",
        )
    inputs = ItemCodes.read(read_json(folder / CODES)).encode(items)
    tower = tf.saved_model.load(str(folder / CANDIDATE_TOWER))
    signature = tower.signatures["serving_default"]
    _, named = signature.structured_input_signature
    tensors = {name: tf.constant(value[1:]) for name, value in _tensors(inputs).items() if name in named}
    vectors: np.ndarray = signature(**tensors)[ITEM_VECTOR].numpy()
    return vectors


def export_candidates(model: TwoTower, data: TrainingData, vectors: np.ndarray, folder: Path) -> None:
    """Write candidate_tower/ and item_codes.json, unless nothing but ids is known of items.

    vectors: those that are served, (items + 1, dimension + 1). The SavedModel has one signature,
    `serving_default`. It takes, for n items, those of these that the version learned from: `categories`,
    `title`, `attributes` (n, any) int32, features from 1 as item_codes.json numbers them (words of titles:
    see `word_bucket`), 0 = none; `numbers` (n, m) float32, see `AttributeCodes`. It returns `item_vector`
    (n, dimension + 1) float32, the last one the bias, see `newcomer_bias`.
    """
    inputs = data.item_inputs
    used = {name: value for name, value in _tensors(inputs).items() if value.shape[1]}
    if not used:
        return
    tower = Tower(model, newcomer_bias(vectors[1:, -1], data.counts["test"][RECENT_USERS][1:]))
    reads = {name: tf.TensorSpec([None, None], value.dtype, name=name) for name, value in used.items()}
    if NUMBERS in used:
        reads[NUMBERS] = tf.TensorSpec([None, used[NUMBERS].shape[1]], tf.float32, name=NUMBERS)
    signature = tower.vectors.get_concrete_function(**reads)
    tf.saved_model.save(tower, str(folder / CANDIDATE_TOWER), signatures={"serving_default": signature})
    write_json(folder / CODES, inputs.codes.told())


class Tower(tf.Module):
    """The part of a candidate tower that needs no id; all its items have one `bias`."""

    def __init__(self, model: TwoTower, bias: float) -> None:
        super().__init__()
        self.items = model.items  # so that its variables are saved
        self.bias = tf.Variable(bias, dtype=tf.float32)

    @tf.function
    def vectors(self, **known: tf.Tensor) -> dict[str, tf.Tensor]:
        """What is known of n items, by name -> their vectors."""
        bags = {name: value for name, value in known.items() if name != NUMBERS}
        vectors = self.items.of_features(bags, known.get(NUMBERS))
        bias = tf.fill([tf.shape(vectors)[0], 1], self.bias)
        return {ITEM_VECTOR: tf.concat([vectors, bias], axis=1)}


def newcomer_bias(biases: np.ndarray, recent_users: np.ndarray) -> float:
    """The mean bias of the known items that fewest users had of late, as of a new one nobody had any.

    Both (items,). A bias by features, regressed on the known items, made a launch list worse: what sells
    most does not tell which new thing will (benchmarks/README.md).
    """
    return float(biases[recent_users == recent_users.min()].mean())


def _tensors(inputs: ItemInputs) -> dict[str, np.ndarray]:
    """What is read of items by the name it has in the signature, row 0 the unknown item."""
    return {name: bag.indices for name, bag in inputs.bags.items()} | {NUMBERS: inputs.numbers}
