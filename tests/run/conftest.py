from pathlib import Path

import pytest

from recpipe.core.workspace import Workspace
from tests.standins import workspace_with_standins


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A workspace that uses stand-in notebooks and remembers a source."""
    return workspace_with_standins(tmp_path)
