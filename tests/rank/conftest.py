from pathlib import Path

import pytest

from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from tests.rank.worlds import write_parity


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def parity(workspace: Workspace) -> Snapshot:
    return write_parity(workspace)
