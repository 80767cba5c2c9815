from pathlib import Path

import nbformat
import pytest
from pydantic import ValidationError

from recpipe.core.shipped import shipped
from recpipe.params import PipelineParams, TrainParams, describe_params
from recpipe.run.runner import parameter_names
from recpipe.run.stages import STAGES


def parameters_cell(notebook: Path) -> dict:
    cells = nbformat.read(notebook, as_version=4).cells
    (cell,) = [cell for cell in cells if "parameters" in cell.metadata.get("tags", [])]
    values: dict = {}
    exec(cell.source, values)
    return {name: value for name, value in values.items() if not name.startswith("__")}


@pytest.mark.parametrize("stage", STAGES)
def test_a_notebook_declares_exactly_its_parameters_with_their_defaults(stage: str) -> None:
    params = getattr(PipelineParams(), stage)
    declared = parameters_cell(shipped("notebooks") / STAGES[stage].notebook)
    assert set(declared) == parameter_names(stage, params)
    assert {name: declared[name] for name in type(params).model_fields} == params.model_dump(mode="json")


@pytest.mark.parametrize("stage", STAGES)
def test_ids_in_a_notebook_are_empty_so_that_it_takes_the_newest(stage: str) -> None:
    declared = parameters_cell(shipped("notebooks") / STAGES[stage].notebook)
    assert [declared[name] for name in ("workspace", "run_folder", *STAGES[stage].reads)] == [""] * (
        2 + len(STAGES[stage].reads)
    )


def test_every_stage_has_its_group_and_no_other_exists() -> None:
    assert list(PipelineParams.model_fields) == list(STAGES)


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValidationError, match="epocs"):
        PipelineParams.model_validate({"train": {"epocs": 3}})


def test_every_parameter_says_what_it_means() -> None:
    rows = describe_params()
    assert [row["name"] for row in rows if not row["meaning"]] == []
    assert {row["name"].split(".")[0] for row in rows} == set(STAGES)


def test_bounds_and_choices_are_told() -> None:
    rows = {row["name"]: row for row in describe_params()}
    assert rows["train.epochs"]["bounds"] == "≥ 1, ≤ 1,000"
    assert rows["train.epochs"]["type"] == "int | auto"
    assert rows["features.split"]["type"] == "time | last-event"
    assert rows["train.epochs"]["default"] == TrainParams().epochs


def test_the_form_in_the_ui_finds_a_default_for_every_group() -> None:
    schema = PipelineParams.model_json_schema()
    assert all("default" in group for group in schema["properties"].values())


def test_the_params_of_a_wing_are_the_same_class_however_they_are_imported() -> None:
    from recpipe.evaluate import EvaluateParams

    assert type(PipelineParams().evaluate) is EvaluateParams
