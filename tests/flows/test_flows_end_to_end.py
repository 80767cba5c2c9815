"""The whole path: command line, flow, papermill, the real notebooks, and the lists at its end."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pandas as pd
import pytest

from recpipe import recommend
from recpipe.core.files import read_json
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.recommend.schema import SCHEMA
from recpipe.run.stages import STAGES
from tests.flows.test_flows_interrupt import ROOT

SMALL: dict[str, dict[str, Any]] = {
    "collect": {"source": "simulated", "simulated_events": 1_500},
    "train": {"epochs": 1, "dimension": 8, "max_history": 10},
    "recommend": {"k": 5},
}
"""One epoch on a small shop."""


def test_the_flow_runs_the_real_notebooks_from_a_source_to_lists(tmp_path: Path, prefect_api: str) -> None:
    from flows.pipeline import recommendation_pipeline

    flow: Any = recommendation_pipeline
    workspace = Workspace.open(tmp_path / "workspace")
    state = flow(PipelineParams.model_validate(SMALL), str(workspace.root), return_state=True)
    assert state.is_completed(), state.message
    results = {result.stage: result for result in state.result()}
    assert list(results) == list(STAGES)
    assert results["collect"].figures["read"] == 1_500
    assert results["recommend"].ids["publication"] == workspace.publications.pointed("current")
    for stage, row in STAGES.items():
        executed = Path(results[stage].folder) / row.notebook
        assert executed.is_file()
        assert executed.with_suffix(".html").is_file()
    rows = recommend.export(workspace, tmp_path / "lists.parquet")
    lists = pd.read_parquet(tmp_path / "lists.parquet")
    assert len(lists) == rows > 0
    assert lists.groupby("user_id")["rank"].max().max() == 5
    assert not list(workspace.root.rglob(".tmp-*"))
    (report,) = workspace.runs.glob("*/report.md")
    told = report.read_text()
    assert "Cannot be told" not in told
    titles = ("What came in", "What was refused", "Checks", "Training", "Bench card", "The gate", "The lists")
    assert [title for title in titles if f"\n## {title}\n" not in told] == []
    assert told.count("](data:image/png;base64,") == 3, "curves, metric, category mix"


def run_cli(workspace: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as a person does: no server of ours, nothing of Prefect's set."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    done = subprocess.run(
        [
            *(sys.executable, "-c", "import sys; from recpipe.cli import main; sys.exit(main())"),
            *(*arguments, "--workspace", str(workspace)),
        ],
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr
    return done


def states(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """Return how each stage ended, from the lines that were shown."""
    return {
        stage: word
        for stage in STAGES
        for word in ("reused", "finished")
        if f" {stage}: {word}" in done.stderr
    }


@pytest.mark.slow
def test_from_the_command_line_to_the_lists_and_an_edited_notebook(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    toml = tmp_path / "shop.toml"
    toml.write_text("[train]\nepochs = 2\ndimension = 8\nmax_history = 10\n")
    run = ("run", "--params", str(toml))

    first = run_cli(workspace, *run, "--source", "simulated", "--collect.simulated_events", "5000")
    assert states(first) == dict.fromkeys(STAGES, "finished")
    for part in ("5,000 read", "NDCG@", "decision", "user ", "recommended", "lists", "*.html", "next"):
        assert part in first.stdout, part
    lists = tmp_path / "lists.parquet"
    assert "recommendations written" in run_cli(workspace, "export", str(lists)).stdout
    before = pd.read_parquet(lists)
    assert list(before.columns) == SCHEMA.names

    assert states(run_cli(workspace, *run)) == dict.fromkeys(STAGES, "reused")

    mine = tmp_path / "mine"
    shutil.copytree(shipped("notebooks"), mine)
    edit(mine / "3_train.ipynb", "print('edited by hand')")
    toml.write_text(toml.read_text() + f"[notebooks]\ndir = '{mine}'\n")
    edited = run_cli(workspace, *run)
    assert states(edited)["features"] == "reused"
    assert states(edited)["train"] == "finished"
    assert "edited by hand" in edited.stderr
    newest = max(workspace.glob("runs/*/run.json"), key=lambda path: read_json(path)["started_at"])
    assert "edited by hand" in (newest.parent / "train" / "3_train.ipynb").read_text()
    run_cli(workspace, "export", str(lists))
    assert pd.read_parquet(lists).equals(before), "the edit prints, it does not train otherwise"


def edit(notebook: Path, line: str) -> None:
    """Add a line at the top of the last cell with code."""
    content = nbformat.read(notebook, as_version=4)
    cell = [cell for cell in content.cells if cell.cell_type == "code"][-1]
    cell.source = f"{line}\n{cell.source}"
    nbformat.write(content, notebook)
