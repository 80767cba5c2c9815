"""`recpipe eject` and `recpipe diff`."""

import os
from pathlib import Path
from typing import Literal

from pydantic_settings import CliPositionalArg

from recpipe.cli.options import FileOptions

StageName = Literal["collect", "features", "train", "rank", "evaluate", "recommend"]
OWN = "my-notebooks"


class Eject(FileOptions):
    """Copy a stage's notebook into a folder of yours, to be edited; the other stages stay as shipped."""

    stage: CliPositionalArg[StageName]
    """The stage whose notebook is copied into --notebooks.dir (my-notebooks, if not given)."""

    def execute(self) -> int:
        """Copy it and say how a run uses it."""
        from recpipe.run.own_notebooks import eject

        folder = Path(self.notebooks.dir or OWN)
        copy = eject(self.stage, folder)
        print(f"{copy} is yours now; the next run uses it:\n\n  recpipe run --notebooks.dir {folder}")
        return os.EX_OK


class Diff(FileOptions):
    """Show what differs in a stage's notebook from the shipped one, and from the last run that ended well."""

    stage: CliPositionalArg[StageName]
    """The stage whose notebook is looked at, in --notebooks.dir if it is there."""

    def execute(self) -> int:
        """Print both differences."""
        from recpipe.run.own_notebooks import changed_from_shipped, changed_since, last_executed
        from recpipe.run.preflight import check_folder

        check_folder(self.notebooks.dir)
        workspace = self.existing_workspace()
        _show("the shipped notebook", changed_from_shipped(self.stage, self.notebooks.dir))
        executed = last_executed(workspace, self.stage)
        if executed is None:
            print(f"No run of {self.stage} has ended well in {workspace.root} yet.")
        else:
            _show("the last run that ended well", changed_since(executed, self.stage, self.notebooks.dir))
        return os.EX_OK


def _show(what: str, lines: list[str]) -> None:
    print("\n".join([f"Changed from {what}:", *lines, ""]) if lines else f"Nothing differs from {what}.")
