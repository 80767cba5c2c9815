"""What a model learned, kept in its version by names that outlast it: another training can go on from it.

`weights.npz` holds each trained weight under its place in the model, e.g. `encoder.hidden.kernel`. Rows of
a table have a meaning of their own (an item, a user, a feature), and that has another row in the next
snapshot; so rows are carried over by name. `feature_rows.parquet` has the names that no other file has.
"""

import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from recpipe.core import columns as c
from recpipe.core.errors import DataError
from recpipe.core.vocabulary import Vocabulary
from recpipe.train.data import TrainingData
from recpipe.train.two_tower import TwoTower

WEIGHTS, FEATURE_ROWS = "weights.npz", "feature_rows.parquet"
VOCABULARY, USERS = "vocabulary.parquet", "users.parquet"
IDS, BIAS, NUMBERS = "items.id_table", "items.bias", "items.kernel"
USER_ROWS, TYPE_ROWS = "encoder.user_table", "encoder.type_table"
USER_FEATURES, USER_NUMBERS = "encoder.attributes.table", "encoder.attributes.kernel"


@dataclass(frozen=True)
class Weights:
    """Trained weights by name, and the names of the rows of those whose rows have any.

    Row i of a weight is called `rows[weight][i]`, None where it is nobody's. Of `items.bias` it is what was
    learned beyond the popularity it started at: that moves on by itself.
    """

    values: dict[str, np.ndarray]
    rows: dict[str, np.ndarray]

    def put_into(self, model: TwoTower, data: TrainingData) -> None:
        """Set a model built for `data` to these weights.

        Rows go by their names. What is not here keeps the value it has: rows of a new item, user or feature,
        rows never trained (zeros), weights of another shape or name.
        """
        names = row_names(data)
        for name, variable in trained(model).items():
            if name in self.values:
                variable.assign(self._carried(name, variable.numpy(), names.get(name)))

    def _carried(self, name: str, fresh: np.ndarray, names: np.ndarray | None) -> np.ndarray:
        kept = self.values[name]
        if kept.shape[1:] != fresh.shape[1:]:
            return fresh
        if names is None or name not in self.rows:
            return kept if kept.shape == fresh.shape else fresh
        source = pd.Index(self.rows[name]).get_indexer(names)
        to = np.flatnonzero(source >= 0)
        values, result = kept[source[to]], fresh.copy()
        if name == BIAS:
            result[to] += values
        else:
            is_trained = values.any(axis=1)
            result[to[is_trained]] = values[is_trained]
        return result


def trained(model: TwoTower) -> dict[str, tf.Variable]:
    """The weights that training changes, by their places in the model."""
    trainable = {id(variable) for variable in model.trainable_variables}
    return {name: one for name, one in model.get_weight_paths().items() if id(one) in trainable}


def row_names(data: TrainingData) -> dict[str, np.ndarray]:
    """The names of rows, by weight, of a model of `data`; where rows always mean the same there are none."""
    return _named(data.vocabulary.ids, data.users.ids, data.event_types) | _feature_names(data)


def write_weights(model: TwoTower, data: TrainingData, folder: Path) -> None:
    """Write `weights.npz` and `feature_rows.parquet` into the folder of a version."""
    values = {name: variable.numpy() for name, variable in trained(model).items()}
    values[BIAS] = values[BIAS] - model.items.start_bias
    np.savez(folder / WEIGHTS, allow_pickle=False, **values)
    write_feature_rows(_feature_names(data), folder)


def write_feature_rows(names: Mapping[str, np.ndarray], folder: Path) -> None:
    """Write `feature_rows.parquet` (weight, row, name); `names` as in `Weights.rows`."""
    told = [
        {"weight": weight, "row": row, "name": name}
        for weight, each in names.items()
        for row, name in enumerate(each.tolist())
        if name is not None
    ]
    pq.write_table(pa.Table.from_pylist(told, _FEATURE_ROWS), folder / FEATURE_ROWS)


def read_weights(folder: Path, manifest: Mapping[str, Any]) -> Weights:
    """Read what `write_weights` wrote into a version's folder; nothing is unpickled.

    Raises DataError naming the file if it holds anything but arrays of numbers.
    """
    path = folder / WEIGHTS
    try:
        with np.load(path, allow_pickle=False) as arrays:
            values = {name: arrays[name] for name in arrays.files}
    except (ValueError, EOFError, zipfile.BadZipFile) as error:
        raise DataError(
            f"{path}: no arrays of numbers ({error})", "Delete the folder and run the stage `train` again."
        ) from None
    items = Vocabulary.read(folder / VOCABULARY).ids
    users = np.empty(0, dtype=object)
    if (folder / USERS).is_file():
        users = pq.read_table(folder / USERS).column(c.USER_ID).to_numpy(zero_copy_only=False)
    rows = _named(items, users, manifest["event_types"])
    for weight, told in pq.read_table(folder / FEATURE_ROWS).to_pandas().groupby("weight"):
        rows[str(weight)] = np.full(told["row"].max() + 1, None, dtype=object)
        rows[str(weight)][told["row"]] = told["name"]
    return Weights(values, rows)


_FEATURE_ROWS = pa.schema([("weight", pa.string()), ("row", pa.int32()), ("name", pa.string())])


def _named(items: Any, users: Any, event_types: Any) -> dict[str, np.ndarray]:
    """Names of rows by weight; row 0 is nobody's."""
    known = {IDS: items, BIAS: items, USER_ROWS: users, TYPE_ROWS: event_types}
    return {weight: np.array([None, *names], dtype=object) for weight, names in known.items()}


def _feature_names(data: TrainingData) -> dict[str, np.ndarray]:
    """Those of features; a bag without names is numbered the same in every snapshot."""
    inputs, users = data.item_inputs, data.user_codes
    named = {f"items.tables.{name}": (None, *bag.names) for name, bag in inputs.bags.items() if bag.names}
    named |= {USER_FEATURES: (None, *users.features), USER_NUMBERS: users.number_names}
    named[NUMBERS] = inputs.number_names
    return {weight: np.array(names, dtype=object) for weight, names in named.items()}
