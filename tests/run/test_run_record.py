import json
from pathlib import Path

import pytest

from recpipe.core.errors import DataError
from recpipe.core.files import read_json, write_json
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.record import find_run, list_runs, recorded_run, stage_states
from recpipe.run.results import StageResult, write_result
from recpipe.run.stages import STAGES

NO_PROCESS = 2**22 + 1  # above the highest process id there can be


def run_json(folder: Path) -> dict:
    return json.loads((folder / "run.json").read_text())


def test_a_run_is_running_then_finished(workspace: Workspace) -> None:
    with recorded_run(workspace) as run:
        assert run_json(run.folder)["status"] == "running"
    assert run_json(run.folder)["status"] == "finished"


def test_a_run_keeps_the_parameters_of_its_stages(workspace: Workspace) -> None:
    with recorded_run(workspace) as run:
        run.keep_params(PipelineParams())
        assert list(read_json(run.folder / "params.json")) == sorted(STAGES)
        run.keep_params(PipelineParams(), ["train"])
    assert "tensorflow" in read_json(run.folder / "environment.json")["packages"]
    kept = read_json(run.folder / "params.json")
    assert kept == {"train": PipelineParams().train.model_dump(mode="json")}


def test_a_failure_is_recorded_with_stage_and_what_to_do(workspace: Workspace) -> None:
    with pytest.raises(DataError), recorded_run(workspace) as run:
        run.stage = "features"
        raise DataError("no rows", "Collect some.")
    error = run_json(run.folder)["error"]
    assert (error["stage"], error["message"], error["hint"], error["exit_code"]) == (
        "features",
        "no rows",
        "Collect some.",
        2,
    )


def test_an_interruption_is_recorded(workspace: Workspace) -> None:
    with pytest.raises(KeyboardInterrupt), recorded_run(workspace) as run:
        raise KeyboardInterrupt
    assert run_json(run.folder)["status"] == "interrupted"


def test_a_retry_of_the_same_flow_run_goes_on_in_its_folder(workspace: Workspace) -> None:
    with recorded_run(workspace, "flow-1") as first:
        pass
    with recorded_run(workspace, "flow-1") as second:
        pass
    assert first.folder == second.folder == find_run(workspace, "flow-1")
    assert find_run(workspace, "flow-2") is None


def test_a_run_whose_process_is_gone_is_told_as_killed(workspace: Workspace) -> None:
    with recorded_run(workspace) as run:
        pass
    write_json(run.folder / "run.json", {"status": "running", "process": NO_PROCESS})
    assert list_runs(workspace)[0]["status"] == "killed"


def test_the_states_of_a_runs_stages_are_told(workspace: Workspace) -> None:
    run = workspace.new_run()
    for stage in ("collect", "features", "train", "evaluate"):
        (run / stage).mkdir()
    write_result(run / "collect", StageResult("collect", {}, reused=True), "k")
    write_result(run / "features", StageResult("features", {}), "k")
    write_json(run / "train" / "error.json", {})
    assert stage_states(run) == {
        "collect": "reused",
        "features": "finished",
        "train": "failed",
        "evaluate": "stopped",
    }
