import pytest

from recpipe.core.workspace import Workspace
from tests.features.small_shop import fill


@pytest.fixture
def empty(tmp_path):
    """A workspace in which nothing was collected; its path has a quote and a space."""
    return Workspace.open(tmp_path / "o'the shop")


@pytest.fixture
def shop(empty):
    """The same workspace with ten days of events."""
    return fill(empty)
