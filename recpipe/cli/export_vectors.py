"""`recpipe export-vectors`."""

import os
from pathlib import Path
from typing import Literal

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class ExportVectors(WorkspaceOptions):
    """Write the champion's item vectors and a faiss index of them, and say what the index finds."""

    out: CliPositionalArg[str]
    """A new folder for items.parquet (item_id, vector), items.faiss and index.json."""

    version: str = ""
    """The model version; what makes the champion's lists if none is given."""

    index: Literal["flat", "hnsw", "ivf"] = "ivf"
    """flat: exact; ivf: lists, of which a search reads some; hnsw: a graph, slower to build."""

    def execute(self) -> int:
        """Write the folder and say what it holds."""
        workspace = self.existing_workspace()
        from recpipe.core import registry
        from recpipe.core.refits import served
        from recpipe.recommend.export_vectors import export_vectors

        champion = workspace.models.resolve(self.version, registry.CHAMPION)
        newest = workspace.snapshots.resolve("", registry.NEWEST)
        version = self.version or served(workspace, champion, newest)
        told = export_vectors(workspace, version, Path(self.out).expanduser().absolute(), self.index)
        found = "nobody to ask" if told.recall is None else f"recall@{told.at} {told.recall:.3f}"
        print(f"{told.items:,} vectors of {version} written to {self.out}, {self.index}: {found}")
        return os.EX_OK
