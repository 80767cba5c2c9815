"""`recpipe publish`."""

import os

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class Publish(WorkspaceOptions):
    """Let readers see a kept publication again: go back, or forth."""

    version: CliPositionalArg[str]
    """Name of the publication; `recpipe publications` lists them."""

    def execute(self) -> int:
        """Verify it, move the pointer, and say what it was before."""
        workspace = self.existing_workspace()
        from recpipe.recommend.kept import publish_again

        before = publish_again(workspace, self.version)
        print(
            f"readers see {self.version}" + (f" instead of {before}" if before != self.version else " still")
        )
        return os.EX_OK
