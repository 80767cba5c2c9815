from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from recpipe.core.workspace import Workspace
from tests.train.worlds import World, write_world

Write = Callable[..., str]


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace.open(tmp_path / "workspace")


@pytest.fixture
def write_snapshot(workspace: Workspace) -> Write:
    """Write a world as a snapshot in `workspace`, point "newest" at it and return its name."""

    def write(
        world: World,
        name: str = "world",
        categories: Mapping[str, list[str]] | None = None,
        split: Mapping[str, str] | None = None,
        group_users: int = 2048,
        attributes: Mapping[str, str] | None = None,
    ) -> str:
        return write_world(workspace, world, name, categories or {}, split, group_users, attributes)

    return write
