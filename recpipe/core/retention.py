"""Which snapshots must stay, and for whom."""

from recpipe.core import registry
from recpipe.core.workspace import Workspace


def snapshots_in_use(workspace: Workspace) -> dict[str, list[str]]:
    """Return, by snapshot, who needs it: the pointer to the newest, each model and publication.

    Refits are models; a champion is named as one.
    """
    users: dict[str, list[str]] = {}
    if newest := workspace.snapshots.pointed(registry.NEWEST):
        users.setdefault(newest, []).append("the newest")
    champion = registry.champion(workspace)
    for name in workspace.models.names():
        snapshot = str(workspace.models.manifest(name).get("snapshot", ""))
        users.setdefault(snapshot, []).append(f"{'champion' if name == champion else 'model'} {name}")
    for name in workspace.publications.names():
        snapshot = str(workspace.publications.manifest(name).get("inputs", {}).get("snapshot", ""))
        users.setdefault(snapshot, []).append(f"publication {name}")
    return {snapshot: names for snapshot, names in users.items() if snapshot}
