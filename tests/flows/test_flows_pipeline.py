import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from recpipe.core.errors import BusyError, CheckError, DataError, ParameterError, StageError, UnreachableError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams, TrainParams
from recpipe.run.results import KernelError, StageResult
from recpipe.run.stages import STAGES
from tests.standins import standins_of, workspace_with_standins, write_standin

REFUSE = "from recpipe.core.errors import DataError\nraise DataError('no rows', 'Collect some.')"
DIE_ONCE = """
from pathlib import Path
marker = Path(run_folder) / "died"
if not marker.exists():
    marker.touch()
    import os
    os._exit(1)
"""
THREE_EPOCHS = PipelineParams(train=TrainParams(epochs=3))
COUNT = """
from pathlib import Path
with (Path(run_folder) / "attempts").open("a") as file:
    file.write("x")
"""


@pytest.fixture
def workspace(tmp_path: Path, prefect_api: str) -> Workspace:
    return workspace_with_standins(tmp_path)


@dataclass(frozen=True)
class Finished:
    """A run of the whole pipeline that came to its end."""

    workspace: Workspace
    run: Path
    results: dict[str, StageResult]


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory, prefect_api: str) -> Finished:
    workspace = workspace_with_standins(tmp_path_factory.mktemp("finished"))
    state = run_pipeline(workspace, THREE_EPOCHS)
    assert state.is_completed()
    return Finished(workspace, only_run(workspace), {result.stage: result for result in state.result()})


@pytest.fixture
def no_delay(monkeypatch: pytest.MonkeyPatch, prefect_api: str) -> None:
    """Retry at once."""
    import flows.pipeline as pipeline

    quick = {name: task.with_options(retry_delay_seconds=0) for name, task in pipeline.TASKS.items()}
    monkeypatch.setattr(pipeline, "TASKS", quick)


def run_pipeline(workspace: Workspace, params: PipelineParams | None = None) -> Any:
    from flows.pipeline import recommendation_pipeline

    flow: Any = recommendation_pipeline
    return flow(
        params or PipelineParams(), str(workspace.root), str(standins_of(workspace)), return_state=True
    )


def change(workspace: Workspace, stage: str, extra: str) -> None:
    write_standin(standins_of(workspace), stage, extra)


def only_run(workspace: Workspace) -> Path:
    (run,) = workspace.runs.iterdir()
    return run


def test_the_whole_pipeline_runs_hands_on_ids_and_is_reused(finished: Finished) -> None:
    workspace, run, results = finished.workspace, finished.run, finished.results
    assert list(results) == list(STAGES)
    assert not any(result.reused for result in results.values())
    assert results["evaluate"].ids["champion"] == results["train"].ids["model"]
    assert workspace.publications.pointed("current") == results["recommend"].ids["publication"]
    assert json.loads((run / "run.json").read_text())["status"] == "finished"
    assert "epoch 1 of 3" in (run / "prefect.log").read_text()
    assert "epochs = 3" in (run / "train" / "3_train.ipynb").read_text()
    again = run_pipeline(workspace, THREE_EPOCHS)
    assert all(result.reused for result in again.result())
    assert {name: result.ids for name, result in results.items()} == {
        result.stage: result.ids for result in again.result()
    }


def artifacts(run: Path) -> dict[str, Any]:
    """Return the data of the artifacts that the flow run of a run's folder has left, by key."""
    from uuid import UUID

    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    flow_run = UUID(json.loads((run / "run.json").read_text())["flow_run"])
    with get_client(sync_client=True) as client:
        chosen = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[flow_run]))
        return {artifact.key: artifact.data for artifact in client.read_artifacts(artifact_filter=chosen)}


def test_a_run_leaves_its_report_as_an_artifact_and_in_its_folder(finished: Finished) -> None:
    run = finished.run
    told = artifacts(run)["run-report"]
    assert "12 rows read = 10 kept, 1 duplicate, 1 quarantined." in told
    assert "| train.epochs | 3 | " in told
    assert "| u1 | Bread; Milk | Butter; Jam |" in told
    assert str(run / "train" / "3_train.html") in told, "nobody serves it: the path is told"
    assert "](train/3_train.html)" in (run / "report.md").read_text(), "links hold wherever the folder lies"
    assert '<a href="train/3_train.html">' in (run / "report.html").read_text()


def test_bad_data_fails_the_run_at_once_with_its_message(workspace: Workspace, no_delay: None) -> None:
    change(workspace, "features", COUNT + REFUSE)
    state = run_pipeline(workspace)
    assert state.is_failed()
    assert state.message == "no rows\nTo do: Collect some."
    run = only_run(workspace)
    error = json.loads((run / "run.json").read_text())["error"]
    assert (error["stage"], error["kind"]) == ("features", "data")
    assert error["notebook"] == str(run / "features" / "2_features.ipynb")
    assert (run / "attempts").read_text() == "x", "bad data does not get better by trying again"
    assert not (run / "train").exists()
    assert "Failed in features." in artifacts(run)["run-report"]
    assert "raise DataError('no rows', 'Collect some.')" in artifacts(run)["run-report"], (
        "the cell that failed"
    )
    with workspace.lock():
        pass  # is free again


def test_a_dead_kernel_is_tried_again(workspace: Workspace, no_delay: None) -> None:
    from flows.pipeline import collect_stage

    change(workspace, "collect", DIE_ONCE)
    collect: Any = collect_stage
    places = str(workspace.root), str(standins_of(workspace))
    state = collect(PipelineParams().collect, *places, return_state=True)
    assert state.is_completed(), state.message
    assert (only_run(workspace) / "died").exists()
    assert not (only_run(workspace) / "collect" / "error.json").exists()


def test_a_lock_that_was_waited_for_is_tried_once_more(workspace: Workspace, no_delay: None) -> None:
    change(
        workspace, "features", COUNT + "from recpipe.core.errors import BusyError\nraise BusyError('locked')"
    )
    assert run_pipeline(workspace).message == "locked"
    assert (only_run(workspace) / "attempts").read_text() == "xx"


def test_a_workspace_that_cannot_be_made_fails_the_run_with_its_message(
    tmp_path: Path, prefect_api: str
) -> None:
    from flows.pipeline import recommendation_pipeline

    (tmp_path / "file").touch()
    flow: Any = recommendation_pipeline
    state = flow(PipelineParams(), str(tmp_path / "file" / "workspace"), return_state=True)
    assert state.is_failed()
    assert "no folder can be made there" in state.message


def test_a_run_records_what_it_ran_with(workspace: Workspace) -> None:
    from flows.pipeline import collect_stage

    collect: Any = collect_stage
    collect(PipelineParams().collect, str(workspace.root), str(standins_of(workspace)))
    kept = json.loads((only_run(workspace) / "params.json").read_text())
    assert list(kept) == ["collect"]
    assert kept["collect"]["source"] == "complete-journey", "not: remembered"


def test_the_stage_after_a_failure_goes_on_where_it_stopped(workspace: Workspace, no_delay: None) -> None:
    change(workspace, "train", REFUSE)
    assert run_pipeline(workspace).is_failed()
    change(workspace, "train", "pass")
    results = {result.stage: result.reused for result in run_pipeline(workspace).result()}
    assert results == {
        "collect": True,
        "features": True,
        "train": False,
        "rank": False,
        "evaluate": False,
        "recommend": False,
    }


def test_one_stage_runs_on_what_is_there(workspace: Workspace) -> None:
    from flows.pipeline import collect_stage, features_stage

    collect: Any = collect_stage
    features: Any = features_stage
    places = str(workspace.root), str(standins_of(workspace))
    collect(PipelineParams().collect, *places)
    (result,) = features(PipelineParams().features, *places)
    assert workspace.snapshots.pointed("newest") == result.ids["snapshot"]


def test_a_workspace_at_work_fails_the_run_and_records_none(workspace: Workspace) -> None:
    with workspace.lock():
        state = run_pipeline(workspace)
    assert state.is_failed()
    assert "another run is at work here" in state.message
    assert list(workspace.runs.iterdir()) == []


@pytest.mark.parametrize(
    ("error", "again"),
    [
        (BusyError("locked"), True),
        (KernelError("died"), True),
        (UnreachableError("no answer"), True),
        (DataError("bad"), False),
        (CheckError("refused"), False),
        (ParameterError("unknown"), False),
        (StageError("a bug in a cell"), False),
        (ValueError("a bug of ours"), False),
    ],
)
def test_only_what_passes_by_itself_is_tried_again(error: Exception, again: bool, prefect_api: str) -> None:
    from flows.pipeline import is_transient

    assert is_transient(error) == again
