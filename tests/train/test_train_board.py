from pathlib import Path

import pytest
import tensorflow as tf

from recpipe import train
from recpipe.core.workspace import Workspace
from recpipe.train.settings import Settings
from tests.train.conftest import Write
from tests.train.worlds import parity_world


def test_tensorboard_finds_the_curve_that_the_version_keeps(
    workspace: Workspace, write_snapshot: Write, tmp_path: Path
) -> None:
    write_snapshot(parity_world(users=12))
    params = Settings(dimension=4, max_history=8, epochs=2, batch_size=16, targets_per_query=2)
    curve = train.fit(train.read(workspace, "", params), logs=tmp_path / "board").curve
    (file,) = (tmp_path / "board").glob("events.out.tfevents.*")
    found = {
        (value.tag, event.step): float(tf.make_ndarray(value.tensor))
        for event in tf.compat.v1.train.summary_iterator(str(file))
        for value in event.summary.value
    }
    for row in curve:
        for name in ("loss", "ndcg"):
            assert found[name, row["epoch"]] == pytest.approx(row[name], rel=1e-6)
        assert 0 < found["learning_rate", row["epoch"]] <= params.learning_rate
