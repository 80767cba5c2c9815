"""Each notebook as a person runs it in JupyterLab: top to bottom, as it is, while a pipeline is at work."""

import os
from pathlib import Path

import matplotlib as mpl
import nbformat
import pytest
from nbclient import NotebookClient

from recpipe.core.shipped import shipped
from recpipe.core.store import connect
from recpipe.core.workspace import Workspace
from tests.cells import run_corridor

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path.name for path in shipped("notebooks").glob("*.ipynb"))


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A small shop that the pipeline has run through once; items have categories."""
    mpl.use("agg")
    folder = tmp_path_factory.mktemp("by-hand")
    lines = [
        f"u{user},i{(user + turn * 2) % 13},2024-01-{1 + turn:02}T{user:02}:00:00"
        for turn in range(7)
        for user in range(12)
    ]
    (folder / "e.csv").write_text("\n".join(["user_id,item_id,timestamp", *lines]))
    (folder / "i.csv").write_text(
        "\n".join(["item_id,title,categories", *(f"i{n},T{n},c{n % 2}" for n in range(13))])
    )
    workspace = Workspace.open(folder / "workspace")
    run_corridor(workspace, folder / "e.csv", collect={"items": str(folder / "i.csv")})
    return workspace


@pytest.mark.slow
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_runs_as_it_is_and_blocks_no_pipeline(
    name: str, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        "os.environ", os.environ | {"RECPIPE_WORKSPACE": str(workspace.root), "PYTHONPATH": str(ROOT)}
    )
    notebook = nbformat.read(shipped("notebooks") / name, as_version=4)
    opened = []

    def pipeline_writes(**_cell: object) -> None:
        with connect(workspace.database, wait_seconds=1):
            opened.append(True)

    client = NotebookClient(
        notebook,
        kernel_name="python3",
        resources={"metadata": {"path": str(shipped("notebooks"))}},
        on_cell_executed=pipeline_writes,
    )
    with workspace.lock():  # as a run holds it
        client.execute()
    assert len(opened) == sum(cell.cell_type == "code" for cell in notebook.cells)
