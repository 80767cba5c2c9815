"""One file that holds all a training needs to go on after its process was killed.

It lies at `checkpoints/<key>.npz` in the workspace, outside of any run's folder, so that a retry finds it;
the key names everything that decides the weights. Numbers and JSON only: nothing is ever unpickled.
"""

import dataclasses
import hashlib
import json
import os
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import tf_keras

from recpipe.core.errors import DataError
from recpipe.core.files import content_id, file_hash, sync_folder, temporary
from recpipe.core.shipped import PACKAGE
from recpipe.core.workspace import Workspace

STALE_DAYS = 3
"""A checkpoint that nobody came back for in so many days is removed by the next training."""


@dataclass
class State:
    """Where training is, beside the weights of model and optimizer.

    epoch: the last one that was run; its number is also the position in the data and in the random numbers.
    best: the weights of `best_epoch`, which the judges gave `best_ndcg`; epoch 0 is a warm start itself.
    used: wall and CPU seconds. ended: why there is no next epoch, or "".
    """

    epoch: int = 0
    curve: list[dict[str, float]] = field(default_factory=list)
    best_epoch: int = 0
    best_ndcg: float = -1.0
    best: list[np.ndarray] = field(default_factory=list)
    used: tuple[float, float] = (0.0, 0.0)
    ended: str = ""


class Checkpoint:
    """The checkpoint of one training; `key` is what `key_of` says of its data."""

    def __init__(self, workspace: Workspace, key: str) -> None:
        self.path = workspace.root / "checkpoints" / f"{key}.npz"

    def write(self, model: tf_keras.Model, state: State) -> None:
        """Replace the checkpoint by the one of this moment; a reader finds the old or the new."""
        self.path.parent.mkdir(exist_ok=True)
        groups = {
            "weights": model.get_weights(),
            "optimizer": [variable.numpy() for variable in model.optimizer.variables],
            "best": state.best,
        }
        arrays = {f"{name}.{at}": value for name, group in groups.items() for at, value in enumerate(group)}
        told = {each.name: getattr(state, each.name) for each in dataclasses.fields(state)}
        told |= {"best": len(state.best)}
        unfinished = temporary(self.path.parent, self.path.name)
        try:
            with unfinished.open("wb") as file:
                np.savez(file, state=np.array(json.dumps(told)), **arrays)
                file.flush()
                os.fsync(file.fileno())
            unfinished.replace(self.path)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(self.path.parent)

    def read(self, model: tf_keras.Model) -> State:
        """Set a built and compiled model to the checkpoint and tell where training was; a new State if none.

        Raises DataError naming the file if it is damaged.
        """
        if not self.path.exists():
            return State()
        try:
            with np.load(self.path, allow_pickle=False) as arrays:
                told = json.loads(str(arrays["state"]))
                best = [arrays[f"best.{at}"] for at in range(told.pop("best"))]
                weights = [arrays[f"weights.{at}"] for at in range(len(model.weights))]
                slots = [arrays[f"optimizer.{at}"] for at in range(len(model.optimizer.variables))]
        except (ValueError, KeyError, zipfile.BadZipFile, EOFError) as error:
            raise DataError(
                f"{self.path}: damaged checkpoint ({error})", "Delete it; training then begins anew."
            ) from None
        model.set_weights(weights)
        for variable, value in zip(model.optimizer.variables, slots, strict=True):
            variable.assign(value)
        return State(**told | {"best": best, "used": tuple(told["used"])})

    def remove(self) -> None:
        """Remove it, if it is there: what it was kept for is done."""
        self.path.unlink(missing_ok=True)


def prune(workspace: Workspace) -> None:
    """Remove the checkpoints that nobody came back for."""
    oldest = time.time() - STALE_DAYS * 86_400
    for path in (workspace.root / "checkpoints").glob("*.npz"):
        if path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)


def key_of(data: Any, epochs: int = 0, start: str = "") -> str:
    """Name what decides the weights: every number and name of `data`, its parameters, and the code.

    epochs: how many are run of those planned, 0 = all. start: the version whose weights it begins with.
    """
    folders = [PACKAGE / wing for wing in ("train", "core")]
    code = [(path.name, file_hash(path)) for folder in folders for path in sorted(folder.rglob("*.py"))]
    # what `source` reads beyond that is what the snapshot and the parameters say
    told = _described(dataclasses.replace(data, source=None))
    return content_id(data.snapshot, data.params.model_dump(), epochs, start, told, code)


def _described(value: Any) -> Any:
    """Arrays within nested dataclasses and mappings by their SHA-256, everything else as it is."""
    if isinstance(value, np.ndarray):
        numbers = np.array(value.tolist(), dtype=str) if value.dtype == object else value
        content = hashlib.sha256(np.ascontiguousarray(numbers).tobytes()).hexdigest()
        return [str(value.dtype), value.shape, content]
    if dataclasses.is_dataclass(value):
        return {each.name: _described(getattr(value, each.name)) for each in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {str(name): _described(each) for name, each in value.items()}
    return value
