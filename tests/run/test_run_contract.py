from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

from recpipe.core.errors import ParameterError, StageError
from recpipe.core.shipped import shipped
from recpipe.params import PipelineParams
from recpipe.run.contract import check_contract, check_parameters
from recpipe.run.preflight import check_notebooks
from recpipe.run.runner import parameter_names
from recpipe.run.stages import STAGES
from tests.standins import parameters_source, write_notebook

OPEN = "stage = recpipe.open_stage('train', globals())"
RESULT = "recpipe.stage_result(stage, model=model, popularity=popularity, figures={})"


def check_train(folder: Path, *cells: str) -> None:
    """Hold a notebook of `train` with these cells behind its parameters against the contract."""
    parameters = new_code_cell(parameters_source("train"), metadata={"tags": ["parameters"]})
    code = [new_code_cell(cell) for cell in cells]
    notebook = write_notebook(folder / "3_train.ipynb", [new_markdown_cell("# Mine"), parameters, *code])
    check_contract(notebook, STAGES["train"], parameter_names("train", PipelineParams().train))


def test_the_shipped_notebooks_keep_the_contract() -> None:
    check_notebooks(PipelineParams(), notebooks=str(shipped("notebooks")))


def test_a_contract_that_is_kept_passes_also_with_lines_for_ipython(tmp_path: Path) -> None:
    check_train(tmp_path, OPEN, "if True:\n    %matplotlib inline\n!ls", "what?", RESULT)
    check_train(tmp_path, OPEN, "recpipe.stage_result(stage, **ids)")


@pytest.mark.parametrize(
    ("cells", "message"),
    [
        ((RESULT,), "no cell opens the stage"),
        ((OPEN.replace("train", "trian"), RESULT), "cell 2: opens the stage 'trian', and runs as 'train'"),
        ((OPEN,), "no cell writes a result"),
        ((OPEN, "", "recpipe.stage_result(stage, model=model)"), "cell 3: stage_result gives model; train"),
        ((OPEN, "stage_result(stage)"), "cell 3: stage_result gives no id; train promises model, popularity"),
    ],
)
def test_what_a_notebook_owes_is_told_with_its_cell(
    cells: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    with pytest.raises(StageError, match=message) as raised:
        check_train(tmp_path, *cells)
    assert "recpipe." in raised.value.hint


def test_a_parameters_cell_that_is_not_python_is_named(tmp_path: Path) -> None:
    cell = new_code_cell("epochs = = 3", metadata={"tags": ["parameters"]})
    with pytest.raises(ParameterError, match=r"n\.ipynb, cell 1: the parameters cell is not Python"):
        check_parameters(write_notebook(tmp_path / "n.ipynb", [cell]), {"epochs"})


def test_a_file_that_is_no_notebook_is_named(tmp_path: Path) -> None:
    (tmp_path / "n.ipynb").write_text("weeks of work")
    with pytest.raises(StageError, match=r"n\.ipynb: no notebook"):
        check_parameters(tmp_path / "n.ipynb", {"epochs"})


def test_a_misspelt_name_in_the_cell_is_found_before_any_kernel_starts(tmp_path: Path) -> None:
    source = parameters_source("train").replace("epochs =", "epocs =")
    cells = [new_code_cell(source, metadata={"tags": ["parameters"]})]
    notebook = write_notebook(tmp_path / "3_train.ipynb", cells)
    with pytest.raises(ParameterError, match=r"3_train\.ipynb, cell 1.*lacks epochs and has unknown epocs"):
        check_parameters(notebook, parameter_names("train", PipelineParams().train))


def test_a_notebook_without_a_parameters_cell_is_refused(tmp_path: Path) -> None:
    notebook = write_notebook(tmp_path / "3_train.ipynb", [new_code_cell(parameters_source("train"))])
    with pytest.raises(ParameterError, match="no parameters cell"):
        check_parameters(notebook, parameter_names("train", PipelineParams().train))


def test_a_value_may_span_lines_in_the_cell(tmp_path: Path) -> None:
    source = parameters_source("collect").replace(
        "columns = {}", "columns = {\n    'user_id': 'customer',\n}"
    )
    notebook = write_notebook(
        tmp_path / "n.ipynb", [new_code_cell(source, metadata={"tags": ["parameters"]})]
    )
    check_parameters(notebook, parameter_names("collect", PipelineParams().collect))


def test_a_missing_notebook_is_named(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"gone\.ipynb: no such notebook"):
        check_parameters(tmp_path / "gone.ipynb", {"workspace"})
