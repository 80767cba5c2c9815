"""`recpipe export`."""

import os
from pathlib import Path

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class Export(WorkspaceOptions):
    """Write the current lists to one file, a row a recommendation."""

    out: CliPositionalArg[str]
    """OUT.parquet, OUT.csv or OUT.jsonl; the suffix chooses the format."""

    def execute(self) -> int:
        """Write the file and say how many rows it has."""
        workspace = self.existing_workspace()
        from recpipe.recommend.export import export

        rows = export(workspace, Path(self.out).expanduser())
        print(f"{rows:,} recommendations written to {self.out}")
        return os.EX_OK
