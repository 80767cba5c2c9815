"""A training that was killed goes on and ends where the uninterrupted one ends, byte for byte."""

import dataclasses
import importlib
import json
import logging
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from recpipe import train
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.train.budget import Watch
from recpipe.train.checkpoint import STALE_DAYS, key_of
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import parity_world

PARAMS = Settings(
    dimension=4, max_history=8, epochs=5, patience=5, batch_size=16, targets_per_query=2, learning_rate=0.05
)


module = importlib.import_module("recpipe.train.fit")  # the package offers the verb of that name


class Killed(BaseException):
    """Stands in for `kill -9`: nothing in the library catches it."""


@pytest.fixture
def data(workspace: Workspace, write_snapshot: Write, request: pytest.FixtureRequest) -> train.TrainingData:
    write_snapshot(parity_world(users=12))
    return train.read(workspace, "", PARAMS.model_copy(update={"encoder": getattr(request, "param", "mean")}))


def checkpoints(workspace: Workspace) -> list[str]:
    return sorted(path.name for path in (workspace.root / "checkpoints").glob("*"))


def kill_within(epoch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let training die after the first step of `epoch`."""
    run_epoch = module.run_epoch

    def killed(model, batches, number, seed, watch):  # type: ignore[no-untyped-def]
        if number == epoch:

            def die(steps: int) -> None:
                raise Killed

            watch = Watch(watch.budget, die)
        return run_epoch(model, batches, number, seed, watch)

    monkeypatch.setattr(module, "run_epoch", killed)


def interrupted(
    data: train.TrainingData, workspace: Workspace, epoch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        kill_within(epoch, patch)
        with pytest.raises(Killed):
            train.fit(data, workspace)


@pytest.mark.parametrize("data", ["mean", "id"], indirect=True)
def test_a_retry_goes_on_and_gives_the_weights_of_the_uninterrupted_run(
    workspace: Workspace, data: train.TrainingData, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    expected = train.fit(data)
    interrupted(data, workspace, 3, monkeypatch)
    assert len(checkpoints(workspace)) == 1
    caplog.clear()
    with caplog.at_level(logging.INFO, logger="recpipe"):
        found = train.fit(data, workspace)
    assert any("goes on after epoch 2" in line for line in caplog.messages)
    assert not any("epoch 2 of 5" in line for line in caplog.messages), "what was done is not done again"
    for one, other in zip(found.model.get_weights(), expected.model.get_weights(), strict=True):
        assert one.tobytes() == other.tobytes()
    assert [row["loss"] for row in found.curve] == [row["loss"] for row in expected.curve]
    assert train.save(workspace, found) == train.save(workspace, expected)
    assert checkpoints(workspace) == []


def test_a_training_that_only_lacked_its_saving_runs_no_further_epoch(
    workspace: Workspace, data: train.TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = train.fit(data, workspace)
    kill_within(1, monkeypatch)
    found = train.fit(data, workspace)
    assert found.curve == expected.curve
    assert found.ended == expected.ended


@pytest.mark.parametrize("changes", [{"learning_rate": 0.06}, {"seed": 2}])
def test_another_training_does_not_go_on_from_it(
    data: train.TrainingData, changes: dict[str, object]
) -> None:
    other = dataclasses.replace(data, params=data.params.model_copy(update=changes))
    assert key_of(other) != key_of(data) == key_of(dataclasses.replace(data))


def test_other_data_do_not_go_on_from_it(data: train.TrainingData) -> None:
    key = key_of(data)
    data.histories.items[0] += 1
    assert key_of(data) != key


def test_a_refit_of_fewer_epochs_does_not_go_on_from_it(data: train.TrainingData) -> None:
    assert key_of(data, 1) != key_of(data)


def test_a_damaged_checkpoint_is_named(
    workspace: Workspace, data: train.TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(data, workspace, 2, monkeypatch)
    (path,) = (workspace.root / "checkpoints").glob("*")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(DataError, match=rf"{path.name}: damaged checkpoint"):
        train.fit(data, workspace)


def test_nothing_in_a_checkpoint_is_unpickled(
    workspace: Workspace, data: train.TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(data, workspace, 2, monkeypatch)
    (path,) = (workspace.root / "checkpoints").glob("*")
    with path.open("wb") as file:
        np.savez(file, state=np.array([print], dtype=object))
    with pytest.raises(DataError, match="damaged checkpoint"):
        train.fit(data, workspace)


def test_a_checkpoint_that_nobody_came_back_for_is_removed(
    workspace: Workspace, data: train.TrainingData, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = workspace.root / "checkpoints"
    folder.mkdir()
    for name, days in (("old", STALE_DAYS + 1), ("recent", STALE_DAYS - 1)):
        (folder / f"{name}.npz").touch()
        then = time.time() - days * 86_400
        os.utime(folder / f"{name}.npz", (then, then))
    train.save(workspace, train.fit(data, workspace))
    assert checkpoints(workspace) == ["recent.npz"]


TRAIN_SLOWLY = """
import sys, time
import recpipe
from recpipe import train
from recpipe.core.workspace import Workspace
from recpipe.train.budget import Watch
from recpipe.train.settings import Settings

tell = Watch.on_train_batch_end

def slowly(watch, batch, logs=None):
    time.sleep(0.05)
    tell(watch, batch, logs)

Watch.on_train_batch_end = slowly
workspace = Workspace.open(sys.argv[1])
data = train.read(workspace, "", Settings.model_validate_json(sys.argv[2]))
print(train.save(workspace, train.fit(data, workspace)))
"""


@pytest.mark.slow
def test_a_training_killed_with_signal_9_goes_on_in_another_process(
    workspace: Workspace, data: train.TrainingData
) -> None:
    command = [sys.executable, "-c", TRAIN_SLOWLY, str(workspace.root), data.params.model_dump_json()]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 300
    folder = workspace.root / "checkpoints"
    while not [*folder.glob("*.npz")] and process.poll() is None and time.monotonic() < until:
        time.sleep(0.01)
    assert process.poll() is None, "it ended before it could be killed"
    process.kill()
    process.wait()
    (path,) = folder.glob("*.npz")
    with np.load(path) as arrays:
        assert 1 <= json.loads(str(arrays["state"]))["epoch"] < data.params.epochs
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    expected = train.save(Workspace.open(workspace.root), train.fit(data))
    assert again.stdout.split()[-1] == expected
