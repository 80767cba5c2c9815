"""`recpipe export-model`."""

import os
from pathlib import Path

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class ExportModel(WorkspaceOptions):
    """Write the champion's retrieval as a SavedModel, ids in and ids out, for TensorFlow Serving."""

    out: CliPositionalArg[str]
    """A new folder; TensorFlow Serving wants it to be a number below the model's name: served/shop/1."""

    version: str = ""
    """The model version; what makes the champion's lists if none is given."""

    def execute(self) -> int:
        """Write the folder and say which version it holds."""
        workspace = self.existing_workspace()
        from recpipe.core import registry
        from recpipe.core.bases import base_of
        from recpipe.core.refits import find_refit
        from recpipe.train.serving import export_serving

        champion = workspace.models.resolve(self.version, registry.CHAMPION)
        newest = workspace.snapshots.pointed(registry.NEWEST)
        version = self.version or find_refit(workspace, champion, newest) or champion
        export_serving(workspace, base_of(workspace, version), Path(self.out).expanduser().absolute())
        print(f"{version} written to {self.out}")
        return os.EX_OK
