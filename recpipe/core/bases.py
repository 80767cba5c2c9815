"""What a second stage stands upon: its version's manifest names the retrieval in `base`."""

from collections.abc import Collection

from recpipe.core.workspace import Workspace

BASE = "base"


def base_of(workspace: Workspace, version: str) -> str:
    """Return the retrieval that `version` stands upon: itself, if it has no second stage."""
    return str(workspace.models.manifest(version).get(BASE, version))


def with_bases(workspace: Workspace, names: Collection[str]) -> set[str]:
    """Return `names` and what each of them stands upon."""
    return {*names, *(base_of(workspace, name) for name in names if workspace.models.has(name))}
