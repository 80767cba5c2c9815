from pathlib import Path

import pytest

from recpipe.core.workspace import Workspace
from recpipe.evaluate import EvaluateParams, HeldOut, held_out
from tests.train.worlds import checkerboard_world, write_world

SIZE = 20


@pytest.fixture
def board(tmp_path: Path) -> HeldOut:
    """A checkerboard: user u's test is item u of its colour, its validation another one."""
    workspace = Workspace.open(tmp_path / "workspace")
    write_world(workspace, checkerboard_world(SIZE), "board", {})
    return held_out(workspace, "board", EvaluateParams(k=3))
