"""`recpipe quarantine`."""

import os
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pydantic import Field
from pydantic_settings import CliImplicitFlag

from recpipe.cli.options import WorkspaceOptions

if TYPE_CHECKING:
    from recpipe.collect import Refused


class Quarantine(WorkspaceOptions):
    """Show rows that could not be used, by reason; or have their files read again."""

    reason: str = ""
    """Only rows refused for this reason, as shown."""

    examples: int = Field(3, ge=1, le=1000)
    """How many rows of each reason are shown."""

    release: CliImplicitFlag[bool] = False
    """After a fix of the files or of the parameters: have the next collect read the files again."""

    def execute(self) -> int:
        """Print what is there, or release it."""
        workspace = self.existing_workspace()
        from recpipe.collect import quarantine, release
        from recpipe.run.source import forget_data

        if self.release:
            with workspace.lock():
                files, rows = release(workspace, self.reason)
                forget_data(workspace)
            print(f"{rows:,} rows of {files:,} files will be read again by")
            print(f"  recpipe stage collect --workspace {workspace.root}")
            return os.EX_OK
        print("\n".join(quarantine_lines(quarantine(workspace, self.reason, self.examples))))
        return os.EX_OK


def quarantine_lines(found: "list[Refused]") -> list[str]:
    """Return the lines that show the quarantine."""
    return [line for refused in found for line in _reason_lines(refused)] or ["nothing is in quarantine"]


def _reason_lines(refused: "Refused") -> Iterator[str]:
    where = f"of {refused.table_name} in {refused.files:,} files"
    yield f"{refused.refused_rows:,} rows {where}: {refused.reason}"
    for row in refused.examples:
        yield f"  {row['file']}, row {row['row_number']}: {_told(row)}"


def _told(row: Mapping[str, Any]) -> str:
    if row["bad_column"] and row["bad_value"] is not None:
        return f"{row['bad_column']} {row['bad_value']!r}"
    return repr(row["content"] or "")
