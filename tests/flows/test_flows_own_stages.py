"""A stage of one's own in the flow of the whole pipeline."""

import json
from pathlib import Path
from typing import Any

import pytest
from nbformat.v4 import new_code_cell

from recpipe.params import PipelineParams
from recpipe.run.own_stages import OwnStage
from recpipe.run.stages import STAGES
from tests.flows.test_flows_pipeline import artifacts, only_run
from tests.standins import standins_of, workspace_with_standins, write_notebook


@pytest.mark.slow
def test_a_stage_of_ones_own_runs_in_its_place_with_progress_and_its_time(
    tmp_path: Path, prefect_api: str
) -> None:
    from flows.pipeline import recommendation_pipeline

    workspace = workspace_with_standins(tmp_path)
    cells = [
        "word = 'none'\nworkspace = ''\nrun_folder = ''\npublication = ''",
        "import recpipe\nstage = recpipe.open_stage('own', globals(), own=True)",
        "recpipe.stage_result(stage, figures={'word': word, 'of': stage.publication})",
    ]
    tagged = [new_code_cell(cells[0], metadata={"tags": ["parameters"]}), *map(new_code_cell, cells[1:])]
    notebook = str(write_notebook(standins_of(workspace) / "own.ipynb", tagged))
    own = OwnStage(name="own", notebook=notebook, after="recommend", parameters={"word": "hello"})
    flow: Any = recommendation_pipeline
    places = str(workspace.root), str(standins_of(workspace))
    state = flow(PipelineParams(), *places, {"own": 5}, [own], return_state=True)
    assert state.is_completed(), state.message
    last = state.result()[-1]
    assert (last.stage, last.figures["word"]) == ("own", "hello")
    assert last.figures["of"] == workspace.publications.pointed("current")
    run = only_run(workspace)
    assert json.loads((run / "params.json").read_text())["own"] == {"word": "hello"}
    left = artifacts(run)
    assert "| own | word | hello |" in left["run-report"]
    assert [left[f"progress-{stage}"] for stage in (*STAGES, "own")] == [100.0] * (len(STAGES) + 1)
