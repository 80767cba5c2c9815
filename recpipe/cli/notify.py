"""`recpipe notify`."""

import os

from recpipe.cli.options import WorkspaceOptions


class Notify(WorkspaceOptions):
    """Tell that new data have arrived: the pipeline that `recpipe up` serves collects them."""

    folder: str = ""
    """Where they arrived; noted in the event."""

    def execute(self) -> int:
        """Send the event."""
        workspace = self.existing_workspace()
        from flows.serving import api_of

        os.environ["PREFECT_API_URL"] = api_of(workspace)
        from flows.arrivals import announce

        announce(workspace, self.folder)
        print(f"told {os.environ['PREFECT_API_URL'].removesuffix('/api')}: new data for {workspace.root}")
        return os.EX_OK
