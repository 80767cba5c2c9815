"""`recpipe similar`."""

import os

from pydantic import Field
from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class Similar(WorkspaceOptions):
    """Show the items most like one item, within the filters of the current lists."""

    item: CliPositionalArg[str]
    """The item's id, as in the events."""

    k: int = Field(10, ge=1, le=1000)
    """How many items are shown."""

    def execute(self) -> int:
        """Print the items, most alike first."""
        workspace = self.existing_workspace()
        from recpipe.recommend import similar

        found = similar(workspace, self.item, self.k)
        lines = [
            f"  {place:>3}  {one.similarity:>7.4f}  {one.title}  [{one.item_id}]"
            for place, one in enumerate(found, start=1)
        ]
        print("\n".join([f"like item {self.item}", *(lines or ["  nothing that the filters let pass"])]))
        return os.EX_OK
