import json
import logging
from pathlib import Path

import pytest

import recpipe
from recpipe.core.errors import DataError, ParameterError, StageError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.session import Stage


def names_of(stage: str, workspace: Workspace, **changed: object) -> dict:
    params = getattr(PipelineParams(), stage).model_dump()
    return {"workspace": str(workspace.root), "run_folder": ""} | params | changed


def collected(workspace: Workspace) -> None:
    workspace.database.touch()
    workspace.write_settings(workspace.read_settings() | {"data": "d1", "collecting": False})


def test_a_stage_opens_with_its_params_and_the_newest_upstream_id(workspace: Workspace) -> None:
    collected(workspace)
    stage = recpipe.open_stage("features", names_of("features", workspace, test_share=0.2))
    assert stage.params.test_share == 0.2
    assert stage.data == "d1"
    assert stage.folder.parent.parent == workspace.runs
    assert stage.folder.name == "features"


def test_an_upstream_id_that_is_given_wins(workspace: Workspace) -> None:
    collected(workspace)
    assert recpipe.open_stage("features", names_of("features", workspace, data="d0")).data == "d0"


def test_nothing_upstream_yet_is_a_data_error_that_says_what_to_run(workspace: Workspace) -> None:
    with pytest.raises(DataError, match="stage collect"):
        recpipe.open_stage("features", names_of("features", workspace))
    with pytest.raises(DataError, match="no newest snapshot"):
        recpipe.open_stage("train", names_of("train", workspace))


def test_a_value_out_of_bounds_is_named(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match=r"train\.epochs"):
        recpipe.open_stage("train", names_of("train", workspace, epochs=0))


@pytest.mark.parametrize("budget", ["max_minutes", "max_cpu_seconds"])
def test_a_budget_of_zero_is_named(budget: str, workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match=rf"train\.{budget}.*greater than 0"):
        recpipe.open_stage("train", names_of("train", workspace, **{budget: 0}))


def test_a_parameter_missing_from_the_cell_is_named(workspace: Workspace) -> None:
    names = names_of("train", workspace)
    del names["epochs"]
    with pytest.raises(ParameterError, match="lacks epochs"):
        recpipe.open_stage("train", names)


def test_an_unknown_stage_is_refused(workspace: Workspace) -> None:
    with pytest.raises(ParameterError, match="'trian'"):
        recpipe.open_stage("trian", {})
    with pytest.raises(ParameterError, match="'train' is a stage of recpipe"):
        recpipe.open_stage("train", {}, own=True)


def test_a_stage_of_ones_own_reads_the_ids_that_its_cell_names(workspace: Workspace) -> None:
    collected(workspace)
    stage = recpipe.open_stage("mine", {"workspace": str(workspace.root), "data": "", "seed": 3}, own=True)
    assert stage.upstream == {"data": "d1"}
    with pytest.raises(StageError, match=r"mine promises nothing; stage_result got \{'words': 'w'\}"):
        recpipe.stage_result(stage, words="w")
    recpipe.stage_result(stage, figures={"rows": 3})
    assert json.loads((stage.folder / "result.json").read_text())["ids"] == {}


def test_a_result_has_ids_figures_and_what_the_kernel_has_cost(workspace: Workspace, tmp_path: Path) -> None:
    stage = Stage("features", workspace, PipelineParams().features, tmp_path)
    recpipe.stage_result(stage, snapshot="s1", figures={"rows": 3})
    written = json.loads((tmp_path / "result.json").read_text())
    cost = written.pop("kernel")
    assert written == {"stage": "features", "ids": {"snapshot": "s1"}, "figures": {"rows": 3}}
    assert cost["cpu_seconds"] > 0
    assert cost["peak_mib"] > 20


@pytest.mark.parametrize("outputs", [{}, {"snapshot": ""}, {"model": "m"}, {"snapshot": "s", "model": "m"}])
def test_a_result_must_have_exactly_what_the_stage_promises(
    workspace: Workspace, tmp_path: Path, outputs: dict
) -> None:
    with pytest.raises(StageError, match="promises snapshot"):
        recpipe.stage_result(Stage("features", workspace, PipelineParams().features, tmp_path), **outputs)
    assert not (tmp_path / "result.json").exists()


def test_the_source_is_remembered_only_once_collect_has_ended_well(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "new")
    names = names_of("collect", workspace, source="files", events="/data/a.csv")
    stage = recpipe.open_stage("collect", names)
    assert "source" not in workspace.read_settings()
    recpipe.stage_result(stage, data="d1")
    assert workspace.read_settings()["source"]["events"] == "/data/a.csv"
    assert workspace.read_settings()["data"] == "d1"


def test_what_the_tables_hold_is_unknown_while_a_collect_has_not_ended(workspace: Workspace) -> None:
    collected(workspace)
    recpipe.open_stage("collect", names_of("collect", workspace))
    assert recpipe.open_stage("features", names_of("features", workspace)).data == ""


def test_tensorflow_says_nothing_below_a_warning_in_a_stage(workspace: Workspace) -> None:
    recpipe.open_stage("collect", names_of("collect", workspace))
    tensorflow = logging.getLogger("tensorflow")
    levels = (logging.INFO, logging.WARNING)
    records = [tensorflow.makeRecord("tensorflow", level, "", 0, "Assets", (), None) for level in levels]
    assert [bool(tensorflow.filter(record)) for record in records] == [False, True]


def test_another_source_is_told_where_the_stage_opens(
    workspace: Workspace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected(workspace)
    monkeypatch.setattr(logging.getLogger("recpipe"), "propagate", True)
    monkeypatch.setattr(logging.getLogger("recpipe"), "handlers", [logging.NullHandler()])
    recpipe.open_stage("collect", names_of("collect", workspace, source="simulated"))
    assert "holds data of source complete-journey; those of simulated" in caplog.text
