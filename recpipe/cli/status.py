"""`recpipe status`."""

import os
from collections.abc import Iterator
from typing import Any

from recpipe.cli.options import WorkspaceOptions
from recpipe.core.workspace import Workspace
from recpipe.run.record import list_runs
from recpipe.run.stages import PLACES


class Status(WorkspaceOptions):
    """Show what is there, what is current, what ran and how it ended."""

    def execute(self) -> int:
        """Print it; nothing is changed, not even a folder made."""
        print("\n".join(status_lines(self.existing_workspace())))
        return os.EX_OK


def status_lines(workspace: Workspace) -> list[str]:
    """Return the state of a workspace, a line a fact."""
    source = workspace.read_settings().get("source", {})
    told = [f"{name} {value}" for name in ("events", "items", "users") if (value := source.get(name))]
    lines = [
        _row("workspace", str(workspace.root)),
        _row("source", " ".join([source.get("source", "none yet"), *told])),
    ]
    if workspace.database.exists():
        lines.append(_row("database", f"{workspace.database.stat().st_size / 1e6:,.0f} MB"))
    for name, place in PLACES.items():
        if not place.pointer:
            continue
        shelf = place.on(workspace)
        pointed = shelf.pointed(place.pointer)
        made = str(shelf.manifest(pointed)["created_at"])[:19].replace("T", " ") if shelf.has(pointed) else ""
        lines.append(_row(name, f"{pointed or 'none yet':<26} {made}".rstrip()))
    for label, shelf in (("snapshots", workspace.snapshots), ("models", workspace.models)):
        lines.append(_row(label, f"{len(shelf.names())} kept"))
    return [*lines, "", *(line for run in list_runs(workspace) for line in _run_lines(run))]


def _run_lines(run: dict[str, Any]) -> Iterator[str]:
    stages = ", ".join(f"{stage} {state}" for stage, state in run["stages"].items())
    yield _row(f"run {run['name']}", f"{run['status']:<12} {stages}", width=26)
    if run.get("error"):
        yield _row("", run["error"]["message"].splitlines()[0], width=26)


def _row(label: str, text: str, width: int = 14) -> str:
    return f"{label:<{width}}{text}"
