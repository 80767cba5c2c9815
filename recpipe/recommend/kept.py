"""The publications that are kept, and going back to one of them."""

from dataclasses import dataclass
from typing import Any

from recpipe.core.workspace import Workspace
from recpipe.recommend.schema import CURRENT


@dataclass(frozen=True)
class Kept:
    """One publication that is still here."""

    name: str
    created_at: str
    """When it was published first, UTC."""
    is_current: bool
    inputs: dict[str, Any]
    """Names of the snapshot and of the model version that made it."""
    users: int
    rows: int


def publications(workspace: Workspace) -> list[Kept]:
    """Return the publications that are here, newest first."""
    shelf = workspace.publications
    current = shelf.pointed(CURRENT)
    found = [(name, shelf.manifest(name)) for name in shelf.names()]
    return [
        Kept(
            name,
            made["created_at"],
            name == current,
            made["inputs"],
            made["figures"]["users"],
            made["rows"]["recommendations"],
        )
        for name, made in found
    ]


def publish_again(workspace: Workspace, name: str) -> str:
    """Let readers see the publication `name` again; return the one that they saw before, "" if none.

    Its files are verified first and the pointer moves last. The next run of the stage publishes new lists
    in its place. Raises DataError if there is none of that name, or naming the file that was altered;
    BusyError while a run is at work.
    """
    with workspace.lock():
        workspace.publications.verify(name)
        before = workspace.publications.pointed(CURRENT)
        workspace.publications.point(CURRENT, name)
    return before
