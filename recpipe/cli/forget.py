"""`recpipe forget`."""

import os
from typing import TYPE_CHECKING

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions

if TYPE_CHECKING:
    from recpipe.collect import Forgotten


class Forget(WorkspaceOptions):
    """Erase one user, and say what still carries them."""

    user: CliPositionalArg[str]
    """The user's id, as in the events."""

    def execute(self) -> int:
        """Erase and report."""
        workspace = self.existing_workspace()
        from recpipe.collect import forget, summary
        from recpipe.run.source import rename_data

        with workspace.lock():
            found = forget(workspace, self.user)
            rename_data(workspace, summary(workspace).data)
        print("\n".join(forgotten_lines(found)))
        return os.EX_OK


def forgotten_lines(found: "Forgotten") -> list[str]:
    """Return the lines that say what was erased and what still carries the user."""
    described = f"{found.descriptions:,} descriptions, {found.quarantined:,} quarantined rows"
    lines = [f"erased {found.events:,} events, {described}; rows of this user are dropped from now on"]
    for kind in ("snapshots", "models", "publications", "runs"):
        names = getattr(found, kind)
        if names:
            lines.append(f"still in {kind}: {', '.join(names)}")
    if len(lines) > 1:
        lines.append(
            "A new run makes snapshot, model and lists without them; old ones go as newer ones come."
        )
    return lines
