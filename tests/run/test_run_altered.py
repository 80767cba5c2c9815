"""What was altered since it was made is refused by name, by the real notebooks in real kernels."""

from pathlib import Path

import pytest

from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.runner import run_stage
from tests.tiny import alter, make_model, make_snapshot

HISTORIES = {"ann": ["a", "b"], "bob": ["b", "c"]}


@pytest.mark.parametrize(
    ("stage", "altered"),
    [
        pytest.param("train", "features/*/interactions.parquet", marks=pytest.mark.slow),
        ("recommend", "features/*/items.parquet"),
        ("recommend", "models/mean-a/item_vectors.npy"),
    ],
)
def test_an_altered_snapshot_or_model_is_refused_by_name(stage: str, altered: str, tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    snapshot = make_snapshot(workspace, HISTORIES)
    make_model(workspace, snapshot, {"a": [1.0], "b": [2.0], "c": [3.0]}, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    workspace.publications.point("current", workspace.publications.draft("before").seal({}))
    (file,) = workspace.root.glob(altered)
    alter(file)
    run = workspace.new_run()
    with pytest.raises(DataError, match=f"{file}: altered since") as raised:
        run_stage(stage, getattr(PipelineParams(), stage), workspace, run)
    assert raised.value.hint
    assert read_json(run / stage / "error.json")["kind"] == "data"
    assert workspace.publications.names() == [workspace.publications.pointed("current")] == ["before"]
    assert [path.name for path in workspace.models.root.glob(".tmp-*")] == []
