"""`recpipe features`."""

import os

from recpipe.cli.options import WorkspaceOptions


class Features(WorkspaceOptions):
    """Show the feature dictionary of a snapshot: name, type, meaning and SQL."""

    snapshot: str = ""
    """Name of the snapshot; the newest if none is given."""

    def execute(self) -> int:
        """Print three lines a feature, grouped by table."""
        workspace = self.existing_workspace()
        from recpipe.features.dictionary import read_dictionary

        table = ""
        for feature in read_dictionary(workspace, self.snapshot):
            if feature.table != table:
                table = feature.table
                print(f"\n[{table}]")
            print(f"{feature.name}  ({feature.type})\n    {feature.meaning}\n    {feature.sql}")
        return os.EX_OK
