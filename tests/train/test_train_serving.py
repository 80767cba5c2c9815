"""A version as a SavedModel that needs TensorFlow only."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from recpipe import train
from recpipe.cli import main
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import top_k
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.train.save import QUERY_VECTOR
from recpipe.train.serving import Serving, export_serving
from recpipe.train.settings import Settings
from tests.tiny import alter
from tests.train.worlds import parity_world

ITEMS = [f"item-{number}" for number in range(1, 6)]
VECTORS = np.array([[9, 9], [1, 0], [0.9, 0], [0, 1], [0, 0.9], [0.5, 0.4]], np.float32)


class Mean(tf.Module):
    """A tower whose query is the sum of the known items' vectors among the two newest."""

    def __init__(self) -> None:
        super().__init__()
        self.table = tf.Variable(VECTORS)

    @tf.function(input_signature=[tf.TensorSpec([None, 2], tf.int32, name="history")])
    def query(self, history: tf.Tensor) -> dict[str, tf.Tensor]:
        known = tf.cast(history > 0, tf.float32)[:, :, None]
        return {QUERY_VECTOR: tf.reduce_sum(tf.gather(self.table, history) * known, axis=1)}


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    mean = Mean()
    tf.saved_model.save(mean, str(folder / "tower"), signatures={"serving_default": mean.query})
    serving = Serving(tf.saved_model.load(str(folder / "tower")), ITEMS, VECTORS, 2)
    tf.saved_model.save(serving, str(folder / "1"), signatures={"serving_default": serving.recommend})
    return folder / "1"


def recommended(folder: Path, history: list[list[str]], k: int) -> list[list[str]]:
    loaded = tf.saved_model.load(str(folder))
    found = loaded.signatures["serving_default"](history=tf.constant(history), k=tf.constant(k))
    return [[item.decode() for item in row] for row in found["item_ids"].numpy()]


def test_ids_go_in_and_the_best_ids_come_out_without_those_of_the_history(served: Path) -> None:
    found = recommended(served, [["item-1", ""], ["item-3", ""]], 2)
    assert found == [["item-2", "item-5"], ["item-4", "item-5"]]


def test_unknown_ids_take_no_known_ones_place(served: Path) -> None:
    """The tower reads two: behind three unknown ones item-3 is still read."""
    history = [["new", "newer", "newest", "item-3"]]
    assert recommended(served, history, 1) == [["item-4"]]


def test_the_newest_of_a_long_history_count_and_all_of_it_is_left_out(served: Path) -> None:
    assert recommended(served, [["item-1", "item-2", "item-3"]], 2) == [["item-5", "item-4"]]


def test_fewer_items_than_k_leave_places_empty(served: Path) -> None:
    (found,) = recommended(served, [["item-1", "item-2", "item-3", "item-4"]], 10)
    assert found == ["item-5", "", "", "", "", ""]


def test_the_example_of_the_readme_runs_in_a_process_that_has_tensorflow_only(served: Path) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text()
    (code,) = re.findall(r"```python\n(import tensorflow as tf\n.*?)```", readme, re.DOTALL)
    code += "\nimport sys\nassert not {'recpipe', 'tensorflow_recommenders'} & set(sys.modules)"
    (served.parent / "served").symlink_to(served.parent)
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, cwd=served.parent, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "item-5" in done.stdout


def test_a_trained_version_serves_what_the_library_ranks(
    workspace: Workspace, write_snapshot, tmp_path: Path
) -> None:
    write_snapshot(parity_world(users=12))
    quick = Settings(dimension=4, max_history=8, epochs=1, batch_size=16, targets_per_query=2)
    version = train.save(workspace, train.fit(train.read(workspace, "", quick)))
    export_serving(workspace, version, tmp_path / "1")
    model, snapshot = train.load(workspace, version), Snapshot.open(workspace)
    histories = snapshot.histories().take(np.arange(3))
    best = top_k(
        model.query_vectors(histories),
        model.item_vectors,
        4,
        excluded=Ragged(histories.offsets, histories.items),
    )
    ids = ["", *model.vocabulary.ids]
    longest = int(histories.lengths.max())
    rows = np.split(histories.items, histories.offsets[1:-1])
    told = [[ids[item] for item in row[::-1]] + [""] * (longest - len(row)) for row in rows]
    assert recommended(tmp_path / "1", told, 4) == [[ids[item] for item in row] for row in best.indices]


def test_popularity_is_served_and_the_command_says_what_it_wrote(
    workspace: Workspace, write_snapshot, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_snapshot({f"u{n}": ([("a", 1.0), ("b", 2.0 + n)], [("a", 15.0)], [("c", 25.0)]) for n in range(4)})
    version = train.popularity(workspace, train.read(workspace, "", train.TrainParams()))
    registry.promote(workspace, version, why="test", who="test")
    out = tmp_path / "1"
    here = ["--workspace", str(workspace.root)]
    assert main(["export-model", str(out), *here]) == 0
    assert capsys.readouterr().out == f"{version} written to {out}\n"
    assert recommended(out, [["a"], ["zz"]], 1)[0] == ["b"]
    assert main(["export-model", str(out), *here]) == 2
    assert "it is there already" in capsys.readouterr().err
    alter(workspace.models.path(version) / "item_vectors.npy")
    with pytest.raises(DataError, match="altered"):
        export_serving(workspace, version, tmp_path / "2")
    assert not (tmp_path / "2").exists()
