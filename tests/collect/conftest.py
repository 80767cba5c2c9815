import pytest

from recpipe.core.workspace import Workspace


@pytest.fixture
def workspace(tmp_path):
    """A new workspace; its path has a quote and a space."""
    return Workspace.open(tmp_path / "o'the shop")
