import pytest

from recpipe.core.workspace import Workspace
from tests.collect.publisher import publishing


@pytest.fixture
def workspace(tmp_path):
    """A new workspace; its path has a quote and a space."""
    return Workspace.open(tmp_path / "o'the shop")


@pytest.fixture
def publisher(monkeypatch):
    """MovieLens on this machine; nothing is offered yet."""
    with publishing() as publisher:
        monkeypatch.setattr("recpipe.collect.sources.movielens.PUBLISHER", publisher.address)
        yield publisher
