"""`recpipe snapshots`."""

import os
from collections.abc import Iterator

from pydantic import Field
from pydantic_settings import CliImplicitFlag

from recpipe.cli.options import WorkspaceOptions
from recpipe.core.retention import snapshots_in_use
from recpipe.core.workspace import Workspace


class Snapshots(WorkspaceOptions):
    """List the snapshots and who needs each; --prune removes those that nobody needs."""

    prune: CliImplicitFlag[bool] = False
    """Remove the snapshots that no model, no publication and no pointer names."""

    keep: int = Field(0, ge=0, le=1000)
    """With --prune: how many of the newest stay in any case."""

    def execute(self) -> int:
        """Remove, if asked to, and list what is there."""
        workspace = self.existing_workspace()
        if self.prune:
            with workspace.lock():
                newest = workspace.snapshots.names()[: self.keep]
                removed = workspace.snapshots.prune({*newest, *snapshots_in_use(workspace)})
            print(f"removed  {', '.join(removed) or 'nothing: all are needed'}")
        print("\n".join(_lines(workspace)) or "no snapshot yet")
        return os.EX_OK


def _lines(workspace: Workspace) -> Iterator[str]:
    needed = snapshots_in_use(workspace)
    for name in workspace.snapshots.names():
        manifest = workspace.snapshots.manifest(name)
        made = str(manifest["created_at"])[:19].replace("T", " ")
        events = manifest.get("inputs", {}).get("events", 0)
        size = sum(path.stat().st_size for path in workspace.snapshots.path(name).iterdir()) / 1e6
        users = ", ".join(needed.get(name, ["needed by nobody"]))
        yield f"{name}  {made}  {events:,} events  {size:,.1f} MB  {users}"
