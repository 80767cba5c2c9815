"""`recpipe publications`."""

import os

from recpipe.cli.options import WorkspaceOptions


class Publications(WorkspaceOptions):
    """List the publications that are kept: when, of what, by which model, and which one readers see."""

    def execute(self) -> int:
        """Print a line a publication; nothing is changed."""
        workspace = self.existing_workspace()
        from recpipe.recommend.kept import publications

        for one in publications(workspace):
            made = one.created_at[:16].replace("T", " ")
            size = f"{one.users:,} users  {one.rows:,} recommendations"
            state = "current" if one.is_current else "-"
            print(f"{one.name}  {made}  {state:<7}  {size}  by {one.inputs['model']}")
        if not workspace.publications.names():
            print("nothing published yet")
        return os.EX_OK
