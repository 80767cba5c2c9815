"""A stage's notebook of one's own: a copy to edit, and what was changed in it."""

import difflib
import shutil
from collections.abc import Iterator
from pathlib import Path

import nbformat

from recpipe.core.errors import ParameterError
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.run.results import RESULT
from recpipe.run.stages import STAGES, notebook_of

INJECTED = "injected-parameters"
"""papermill's tag of the cell that it puts in: no part of what was written."""


def eject(stage: str, folder: Path) -> Path:
    """Copy the shipped notebook of `stage` into `folder`, made if it is new, and return the copy.

    Raises ParameterError if there is a notebook already: it may hold somebody's work.
    """
    copy = folder / STAGES[stage].notebook
    if copy.exists():
        raise ParameterError(
            f"{copy}: is there already",
            f"`recpipe diff {stage} --notebooks.dir {folder}` shows what was changed in it; "
            "move it away to begin anew.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped("notebooks") / STAGES[stage].notebook, copy)
    return copy


def changed_from_shipped(stage: str, folder: str) -> list[str]:
    """Return what differs in the notebook of `stage` that `folder` makes a run use, as a unified diff."""
    return _difference(shipped("notebooks") / STAGES[stage].notebook, notebook_of(stage, folder))


def last_executed(workspace: Workspace, stage: str) -> Path | None:
    """Return the notebook that the newest run of `stage` to end well has executed, None if there is none."""
    done = {path.parent / STAGES[stage].notebook for path in workspace.runs.glob(f"*/{stage}/{RESULT}")}
    return max((path for path in done if path.is_file()), key=lambda path: path.stat().st_mtime, default=None)


def changed_since(executed: Path, stage: str, folder: str) -> list[str]:
    """Return what differs between an executed notebook and the one that the next run uses."""
    return _difference(executed, notebook_of(stage, folder))


def _difference(one: Path, other: Path) -> list[str]:
    lines = difflib.unified_diff(
        list(_lines(one)), list(_lines(other)), str(one), str(other), lineterm="", n=2
    )
    return list(lines)


def _lines(notebook: Path) -> Iterator[str]:
    """Yield what was written, cell by cell; outputs and what a run put in do not count."""
    for cell in nbformat.read(notebook, as_version=4).cells:
        if INJECTED not in cell.metadata.get("tags", []):
            yield f"# {cell.cell_type} cell"
            yield from cell.source.splitlines()
            yield ""
