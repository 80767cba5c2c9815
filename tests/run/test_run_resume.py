import json

import pytest

from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams, RecommendParams, TrainParams
from recpipe.run.results import StageResult, write_result
from recpipe.run.resume import code_hash, find_finished, point_at, stage_key
from recpipe.run.runner import run_stage
from recpipe.run.stages import STAGES, notebook_of
from tests.standins import standins_of, write_standin

TRAIN = PipelineParams().train


def key_of(workspace: Workspace, params: TrainParams = TRAIN, snapshot: str = "s1") -> str:
    return stage_key(
        STAGES["train"], params, {"snapshot": snapshot}, notebook_of("train", str(standins_of(workspace)))
    )


def model_version(workspace: Workspace, name: str) -> str:
    draft = workspace.models.draft(name)
    (draft.folder / "weights").write_text("1 2 3")
    return draft.seal({})


@pytest.fixture
def trained(workspace: Workspace) -> StageResult:
    """A finished training, as the runner leaves it."""
    ids = {"model": model_version(workspace, "m1"), "popularity": model_version(workspace, "p1")}
    folder = workspace.new_run() / "train"
    folder.mkdir()
    result = StageResult("train", ids, folder=str(folder))
    point_at(workspace, result)
    write_result(folder, result, key_of(workspace))
    return result


def test_equal_inputs_parameters_and_code_are_found(workspace: Workspace, trained: StageResult) -> None:
    found = find_finished(workspace, "train", key_of(workspace))
    assert found is not None
    assert found.ids == trained.ids
    assert found.reused


def test_another_parameter_snapshot_or_notebook_is_other_work(workspace: Workspace) -> None:
    key = key_of(workspace)
    assert key_of(workspace, TrainParams(epochs=99)) != key
    assert key_of(workspace, snapshot="s2") != key
    write_standin(standins_of(workspace), "train", "print('edited')")
    assert key_of(workspace) != key


def test_another_content_of_a_file_that_lists_are_filtered_by_is_other_work(workspace: Workspace) -> None:
    file = workspace.root / "denied.txt"
    params = RecommendParams(deny_items=str(file))
    keys = set()
    for content in ("a", "b", "a"):
        file.write_text(content)
        keys.add(
            stage_key(STAGES["recommend"], params, {}, notebook_of("recommend", str(standins_of(workspace))))
        )
    assert len(keys) == 2


def test_a_result_whose_output_was_altered_is_not_reused(workspace: Workspace, trained: StageResult) -> None:
    (workspace.models.path("m1") / "weights").write_text("altered")
    assert find_finished(workspace, "train", key_of(workspace)) is None


def test_what_is_reused_becomes_the_newest_again(workspace: Workspace, trained: StageResult) -> None:
    workspace.models.point("newest", model_version(workspace, "m2"))
    found = find_finished(workspace, "train", key_of(workspace))
    assert found is not None
    point_at(workspace, found)
    assert workspace.models.pointed("newest") == "m1"


def test_a_decision_is_not_reused_once_it_was_changed(workspace: Workspace, trained: StageResult) -> None:
    folder = workspace.new_run() / "evaluate"
    folder.mkdir()
    write_result(folder, StageResult("evaluate", {"champion": "m1"}, folder=str(folder)), "k")
    workspace.models.point("champion", "m1")
    assert find_finished(workspace, "evaluate", "k") is not None
    workspace.models.point("champion", "p1")
    assert find_finished(workspace, "evaluate", "k") is None


def test_a_decision_whose_refit_is_gone_is_not_reused(workspace: Workspace, trained: StageResult) -> None:
    folder = workspace.new_run() / "evaluate"
    folder.mkdir()
    ids = {"champion": "m1", "refitted": model_version(workspace, "m1-refit-1")}
    write_result(folder, StageResult("evaluate", ids, folder=str(folder)), "k")
    workspace.models.point("champion", "m1")
    found = find_finished(workspace, "evaluate", "k")
    assert found is not None
    point_at(workspace, found)
    workspace.models.remove("m1-refit-1")
    assert find_finished(workspace, "evaluate", "k") is None


def test_lists_are_made_again_once_the_champion_has_a_refit(workspace: Workspace) -> None:
    workspace.snapshots.point("newest", workspace.snapshots.draft("s1").seal({}))
    workspace.models.point("champion", model_version(workspace, "m1"))

    def is_reused() -> bool:
        params, run = PipelineParams().recommend, workspace.new_run()
        return run_stage("recommend", params, workspace, run, notebooks=str(standins_of(workspace))).reused

    assert [is_reused(), is_reused()] == [False, True]
    workspace.models.draft("other-refit-1").seal({"refit_of": "m1", "snapshot": "s0"})
    assert is_reused(), "a refit on another snapshot makes none of these lists"
    workspace.models.draft("m1-refit-1").seal({"refit_of": "m1", "snapshot": "s1"})
    assert [is_reused(), is_reused()] == [False, True]


def test_a_collect_is_not_reused_while_the_state_of_the_tables_is_unknown(workspace: Workspace) -> None:
    folder = workspace.new_run() / "collect"
    folder.mkdir()
    workspace.database.touch()
    write_result(folder, StageResult("collect", {"data": "d1"}, folder=str(folder)), "k")
    for settings, reusable in (
        ({"data": "d1"}, True),
        ({"data": "d1", "collecting": True}, False),
        ({"data": "d2"}, False),
    ):
        workspace.write_settings(settings)
        assert (find_finished(workspace, "collect", "k") is not None) == reusable


def test_running_a_notebook_in_jupyterlab_changes_no_hash(workspace: Workspace) -> None:
    notebook = notebook_of("train", str(standins_of(workspace)))
    before = code_hash(STAGES["train"], notebook)
    content = json.loads(notebook.read_text())
    content["cells"][1]["execution_count"] = 7
    notebook.write_text(json.dumps(content))
    assert code_hash(STAGES["train"], notebook) == before


def test_a_stage_run_twice_is_reused_and_says_so(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "recpipe")
    params = PipelineParams().collect
    first = run_stage(
        "collect", params, workspace, workspace.new_run(), notebooks=str(standins_of(workspace))
    )
    run = workspace.new_run()
    second = run_stage("collect", params, workspace, run, notebooks=str(standins_of(workspace)))
    assert (first.reused, second.reused) == (False, True)
    assert second.ids == first.ids
    assert second.folder == first.folder, "the notebook that did the work"
    assert "collect: reused" in caplog.text
    assert json.loads((run / "collect" / "result.json").read_text())["reused"] is True


def test_a_changed_parameter_runs_the_stage_again(workspace: Workspace) -> None:
    params = PipelineParams().collect
    run_stage("collect", params, workspace, workspace.new_run(), notebooks=str(standins_of(workspace)))
    changed = run_stage(
        "collect",
        params.model_copy(update={"seed": 2}),
        workspace,
        workspace.new_run(),
        notebooks=str(standins_of(workspace)),
    )
    assert not changed.reused


def test_a_training_is_not_reused_once_another_champion_is_what_it_would_start_from(
    workspace: Workspace,
) -> None:
    workspace.snapshots.point("newest", workspace.snapshots.draft("s2").seal({}))
    warm, off = TrainParams(warm_start="auto"), TrainParams(warm_start="off")

    def is_reused(params: TrainParams = warm) -> bool:
        run = workspace.new_run()
        return run_stage("train", params, workspace, run, notebooks=str(standins_of(workspace))).reused

    assert [is_reused(), is_reused(), is_reused(off)] == [False, True, False]
    workspace.models.point("champion", workspace.models.draft("old").seal({"snapshot": "s1"}))
    assert [is_reused(), is_reused(), is_reused(off)] == [False, True, True]
    told = {"snapshot": "s2", "champion_before": "old"}
    workspace.models.point("champion", workspace.models.draft("promoted").seal(told))
    assert is_reused(), "a champion of this very snapshot followed the same one"
