"""The real notebooks, cell by cell in this process: the whole corridor without the cost of kernels."""

import json
from pathlib import Path
from typing import Any

from matplotlib import pyplot

from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.run.results import StageResult, read_result
from recpipe.run.stages import STAGES

QUICK: dict[str, dict[str, Any]] = {
    "train": {"epochs": 1, "dimension": 4, "max_history": 8, "batch_size": 16},
    "rank": {"enabled": "no"},
}
"""Parameters with which the corridor takes seconds on a handful of events."""


def run_cells(workspace: Workspace, stage: str, **params: Any) -> StageResult:
    """Run the cells of one stage's notebook with `params` in the place of its defaults."""
    notebook = json.loads((shipped("notebooks") / STAGES[stage].notebook).read_text(encoding="utf-8"))
    code = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
    folder = workspace.new_run()
    names: dict[str, Any] = {"display": print}
    exec(code[0], names)
    names |= QUICK.get(stage, {}) | params | {"workspace": str(workspace.root), "run_folder": str(folder)}
    for cell in code[1:]:
        exec(cell, names)
    pyplot.close("all")
    return read_result(folder / stage)


def run_corridor(
    workspace: Workspace, events: Path, until: str = "recommend", **params: dict[str, Any]
) -> dict[str, StageResult]:
    """Run the stages up to `until` on a file of events; `params` by stage. Returns the results by stage."""
    source = {"collect": {"source": "files", "events": str(events)} | params.pop("collect", {})}
    stages = list(STAGES)[: list(STAGES).index(until) + 1]
    return {stage: run_cells(workspace, stage, **(source | params).get(stage, {})) for stage in stages}
