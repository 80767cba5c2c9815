"""Stand-in notebooks: as thin as can be, but with the real parameters, run by the real runner.

Each makes tiny outputs on the real shelves. What a cell does can be changed with `extra`.
"""

from collections.abc import Mapping
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.stages import STAGES

WORK = {
    "collect": """
from recpipe.core.files import content_id
from recpipe.core.store import connect
with connect(stage.workspace.database):
    pass
outputs = {"data": content_id(stage.params.events, stage.params.seed)}
figures = {"read": 12, "kept": 10, "duplicate": 1, "quarantined": 1, "users": 3, "items": 4}
""",
    "features": """
from recpipe.core.files import content_id, write_json
draft = stage.workspace.snapshots.draft("snap-" + content_id(stage.data, stage.params.model_dump()))
write_json(draft.folder / "rows.json", [1, 2, 3])
snapshot = draft.seal({})
stage.workspace.snapshots.point("newest", snapshot)
outputs, figures = {"snapshot": snapshot}, {"rows": 3}
""",
    "train": """
from recpipe.core.files import content_id
import logging
logging.getLogger("recpipe.train").info("epoch 1 of %d", stage.params.epochs)
outputs = {}
for kind in ("model", "popularity"):
    made_of = (stage.snapshot, stage.params.model_dump(), kind)
    draft = stage.workspace.models.draft(kind + "-" + content_id(*made_of))
    outputs[kind] = draft.seal({"kind": kind, "snapshot": stage.snapshot})
    stage.workspace.models.point("newest" if kind == "model" else kind, outputs[kind])
figures = {"epochs": stage.params.epochs}
""",
    "rank": """
outputs, figures = {"model": stage.model}, {"kept": False}
""",
    "evaluate": """
stage.workspace.models.point("champion", stage.model)
outputs = {"champion": stage.model, "refitted": stage.model}
figures = {
    "metrics": {"model": {"ndcg": 0.2, "recall": 0.3}, "popularity": {"ndcg": 0.1, "recall": 0.15}},
    "k": stage.params.k, "decision": "promoted: better than popularity", "promoted": True,
}
""",
    "recommend": """
from recpipe.core.files import content_id
draft = stage.workspace.publications.draft("pub-" + content_id(stage.champion, stage.params.model_dump()))
publication = draft.seal({})
stage.workspace.publications.point("current", publication)
outputs = {"publication": publication}
figures = {"users": 3, "rows": 60, "samples": [
    {"user_id": "u1", "last": ["Bread", "Milk"], "recommended": ["Butter", "Jam"]},
]}
""",
}


def write_standins(folder: Path, extra: Mapping[str, str] | None = None) -> Path:
    """Write the stand-ins; `extra[stage]` is a cell run between opening and working."""
    folder.mkdir(parents=True, exist_ok=True)
    for stage in STAGES:
        write_standin(folder, stage, (extra or {}).get(stage, ""))
    return folder


def write_standin(folder: Path, stage: str, extra: str = "") -> Path:
    """Write the stand-in of one stage and return its path."""
    parameters = new_code_cell(parameters_source(stage), metadata={"tags": ["parameters"]})
    cells = [
        new_markdown_cell(f"# {stage}"),
        parameters,
        new_code_cell(f"import recpipe\nstage = recpipe.open_stage({stage!r}, globals())"),
        new_code_cell(extra or "pass"),
        new_code_cell(WORK[stage].strip()),
        new_code_cell("recpipe.stage_result(stage, figures=figures, **outputs)"),
    ]
    return write_notebook(folder / STAGES[stage].notebook, cells)


def parameters_source(stage: str) -> str:
    """Return the source of a parameters cell with every name the runner passes."""
    names = ["workspace", "run_folder", *STAGES[stage].reads]
    values = dict.fromkeys(names, "") | getattr(PipelineParams(), stage).model_dump(mode="json")
    return "\n".join(f"{name} = {value!r}  # meaning" for name, value in values.items())


def write_notebook(path: Path, cells: list[nbformat.NotebookNode]) -> Path:
    """Write a notebook of these cells."""
    kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(new_notebook(cells=cells, metadata={"kernelspec": kernelspec}), path)
    return path


def workspace_with_standins(root: Path, extra: Mapping[str, str] | None = None) -> Workspace:
    """Return a workspace that remembers a source, with stand-ins beside it."""
    workspace = Workspace.open(root / "workspace")
    write_standins(standins_of(workspace), extra)
    workspace.write_settings({"source": {"source": "complete-journey"}})
    return workspace


def standins_of(workspace: Workspace) -> Path:
    """Return the folder of the stand-ins that `workspace_with_standins` wrote."""
    return workspace.root.parent / "notebooks"
