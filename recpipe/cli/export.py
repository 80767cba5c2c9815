"""`recpipe export`."""

import os
from pathlib import Path

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import WorkspaceOptions


class Export(WorkspaceOptions):
    """Write the current lists to a file, a table of a database, or Redis; a row a recommendation."""

    out: CliPositionalArg[str]
    """OUT.parquet, OUT.csv or OUT.jsonl, or an address: postgresql://…, sqlite:///PATH, redis://…"""

    name: str = "recommendations"
    """With an address: the table (or schema.table) that is replaced, or what begins the keys in Redis."""

    def execute(self) -> int:
        """Write, and say how many rows there are."""
        workspace = self.existing_workspace()
        from recpipe.recommend.export import export

        is_address = "://" in self.out
        out = self.out if is_address else Path(self.out).expanduser()
        rows = export(workspace, out, name=self.name)
        print(f"{rows:,} recommendations written to {'the address' if is_address else self.out}")
        return os.EX_OK
