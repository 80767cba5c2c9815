"""What a training may start from: the champion it found, and what a version did start from.

A version's manifest names its champion of then in `champion_before`, and in `started_from` the version
whose weights it went on from, "" where it began anew.
"""

from collections.abc import Collection

from recpipe.core.bases import base_of
from recpipe.core.workspace import Workspace

CHAMPION_BEFORE, STARTED_FROM = "champion_before", "started_from"


def champion_before(workspace: Workspace, snapshot: str) -> str:
    """Return the champion that a training on `snapshot` follows, "" if there is none.

    A champion that was itself trained on `snapshot` is passed over for the one that it followed: so training
    the same again starts from the same, however often, and whoever was promoted meanwhile.
    """
    models = workspace.models
    name = models.pointed("champion")
    if models.has(name):
        name = base_of(workspace, name)  # weights to go on from are the retrieval's
    if models.has(name) and models.manifest(name)["snapshot"] == snapshot:
        return str(models.manifest(name).get(CHAMPION_BEFORE, ""))
    return name


def started_from(workspace: Workspace, version: str) -> str:
    """Return the version whose weights `version` went on from, "" if it began anew."""
    return str(workspace.models.manifest(version).get(STARTED_FROM, ""))


def with_starts(workspace: Workspace, names: Collection[str]) -> set[str]:
    """Return `names` and what each of them started from: a refit starts there once more."""
    starts = {started_from(workspace, name) for name in names if workspace.models.has(name)}
    return {*names, *starts} - {""}
