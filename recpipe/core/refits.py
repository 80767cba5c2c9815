"""Refits: a version trained once more on everything up to now, a sealed folder of its own.

Gates judge the version, lists are made by its refit. A refit's manifest names the version in `refit_of`
and the snapshot it was made from in `snapshot`.
"""

from collections.abc import Collection

from recpipe.core.workspace import Workspace

REFIT_OF = "refit_of"


def refit_of(workspace: Workspace, name: str) -> str:
    """Return the version that `name` is a refit of, "" if it is none."""
    return str(workspace.models.manifest(name).get(REFIT_OF, ""))


def find_refit(workspace: Workspace, version: str, snapshot: str) -> str:
    """Return the newest refit of `version` on `snapshot`, "" if there is none."""
    made = (name for name in workspace.models.names() if refit_of(workspace, name) == version)
    return next((name for name in made if workspace.models.manifest(name)["snapshot"] == snapshot), "")


def served(workspace: Workspace, version: str, snapshot: str) -> str:
    """Return what makes the lists of `snapshot` for `version`: its refit there, else the version itself."""
    return find_refit(workspace, version, snapshot) or version


def with_refits(workspace: Workspace, names: Collection[str]) -> set[str]:
    """Return `names`, the versions that refits among them were made of, and each one's newest refit."""
    models = workspace.models
    kept = set(names) | {refit_of(workspace, name) for name in names if models.has(name)}
    newest: dict[str, str] = {}
    for name in models.names():
        newest.setdefault(refit_of(workspace, name), name)
    return (kept | {newest[version] for version in kept if version in newest}) - {""}
