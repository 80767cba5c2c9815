from pathlib import Path

import pytest

from recpipe.core.errors import DataError, DiskFullError, ParameterError
from recpipe.core.workspace import Workspace
from recpipe.params import CollectParams, PipelineParams
from recpipe.run.preflight import preflight
from recpipe.run.stages import notebook_of


def test_the_remembered_source_is_filled_in(workspace: Workspace) -> None:
    assert preflight(PipelineParams(), workspace).collect.source == "complete-journey"


def test_a_new_workspace_without_a_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="needs a source"):
        preflight(PipelineParams(), Workspace.open(tmp_path / "new"))


def test_a_stage_that_reads_no_source_needs_none(tmp_path: Path) -> None:
    preflight(PipelineParams(), Workspace.open(tmp_path / "new"), ["evaluate"])


def test_a_file_that_is_not_there_is_named(workspace: Workspace) -> None:
    collect = CollectParams(source="files", events="/nowhere/events.csv")
    with pytest.raises((DataError, ParameterError), match=r"/nowhere/events\.csv"):
        preflight(PipelineParams(collect=collect), workspace)


def test_a_broken_notebook_of_a_late_stage_is_found_at_once(workspace: Workspace) -> None:
    notebook = notebook_of(workspace, "recommend")
    notebook.write_text(notebook.read_text().replace("keep =", "kept ="))
    with pytest.raises(ParameterError, match=r"5_recommend\.ipynb.*unknown kept"):
        preflight(PipelineParams(), workspace)


def test_a_disk_with_no_room_to_begin_is_found_at_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("recpipe.core.disk.LEAST_BYTES", 10**18)
    with pytest.raises(DiskFullError, match="MB are free on this disk"):
        preflight(PipelineParams(), workspace)
