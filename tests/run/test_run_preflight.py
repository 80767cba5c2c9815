from pathlib import Path

import pytest

from recpipe.core.errors import BusyError, DataError, DiskFullError, ParameterError
from recpipe.core.workspace import Workspace
from recpipe.params import CollectParams, PipelineParams, RecommendParams
from recpipe.run.preflight import preflight, require_database
from recpipe.run.stages import notebook_of
from tests.locks import locked
from tests.standins import standins_of
from tests.tiny import make_snapshot


def test_the_remembered_source_is_filled_in(workspace: Workspace) -> None:
    assert preflight(PipelineParams(), workspace).collect.source == "complete-journey"


def test_a_file_that_lists_are_filtered_by_must_be_there(workspace: Workspace) -> None:
    params = PipelineParams(recommend=RecommendParams(deny_items="/nowhere.txt"))
    with pytest.raises(DataError, match=r"recommend\.deny_items /nowhere\.txt: no such file"):
        preflight(params, workspace)


def test_a_second_stage_for_other_lists_than_are_published_is_warned_of(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    allowed = {"evaluate": {"seen": "allow"}, "recommend": {"seen": "allow"}}
    preflight(PipelineParams.model_validate(allowed | {"rank": {"seen": "allow"}}), workspace)
    preflight(PipelineParams.model_validate(allowed | {"rank": {"enabled": "no"}}), workspace)
    assert not caplog.messages
    preflight(PipelineParams.model_validate(allowed), workspace)
    (told,) = caplog.messages
    assert "rank.seen exclude, but evaluate.seen allow and recommend.seen allow" in told
    caplog.clear()
    preflight(PipelineParams.model_validate({"recommend": {"seen_days": 14}}), workspace)
    (told,) = caplog.messages
    assert "rank.seen exclude, but recommend.seen_days 14" in told
    caplog.clear()
    days = {"evaluate": {"seen": "allow"}, "rank": {"seen": "allow"}, "recommend": {"seen_days": 14}}
    preflight(PipelineParams.model_validate(days), workspace)
    assert not caplog.messages, "what was seen earlier may be listed"


def test_a_new_workspace_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="needs a source"):
        preflight(PipelineParams(), Workspace.open(tmp_path / "new"))


def test_a_stage_that_reads_no_source_needs_none(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "new")
    make_snapshot(workspace, {"ann": ["a", "b"]})
    preflight(PipelineParams(), workspace, ["train"])


@pytest.mark.parametrize("stage", ["features", "train", "evaluate", "recommend"])
def test_what_the_first_stage_reads_must_be_there(stage: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"nothing has been collected|there is no newest snapshot"):
        preflight(PipelineParams(), Workspace(tmp_path / "new"), [stage])
    assert not (tmp_path / "new").exists()


def test_a_folder_of_notebooks_that_is_not_there_is_named(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match=r"notebooks\.dir /nowhere: no such folder"):
        preflight(PipelineParams(), workspace, notebooks="/nowhere")


def test_a_folder_without_any_stages_notebook_is_refused(workspace: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "3_trian.ipynb").write_text("{}")
    with pytest.raises(ParameterError, match=r"mine: none of 1_collect\.ipynb"):
        preflight(PipelineParams(), workspace, notebooks=str(tmp_path / "mine"))


def test_a_database_that_stays_locked_is_found_before_anything_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recpipe.run.preflight.DATABASE_WAIT_SECONDS", 0.3)
    workspace = Workspace.open(tmp_path)
    with locked(workspace.database), pytest.raises(BusyError, match="locked by another process"):
        require_database(workspace)
    require_database(workspace)


def test_a_file_that_is_not_there_is_named(workspace: Workspace) -> None:
    collect = CollectParams(source="files", events="/nowhere/events.csv")
    with pytest.raises((DataError, ParameterError), match=r"/nowhere/events\.csv"):
        preflight(PipelineParams(collect=collect), workspace)


def test_a_broken_notebook_of_a_late_stage_is_found_at_once(workspace: Workspace) -> None:
    notebook = notebook_of("recommend", str(standins_of(workspace)))
    notebook.write_text(notebook.read_text().replace("keep =", "kept ="))
    with pytest.raises(ParameterError, match=r"6_recommend\.ipynb.*unknown kept"):
        preflight(PipelineParams(), workspace, notebooks=str(standins_of(workspace)))


def test_a_disk_with_no_room_to_begin_is_found_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recpipe.core.disk.LEAST_BYTES", 10**18)
    with pytest.raises(DiskFullError, match="MB are free on this disk"):
        preflight(PipelineParams(), workspace)
