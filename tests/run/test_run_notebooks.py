import json
import os
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from recpipe.core.errors import CheckError, StageError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.run.notebooks import execute
from recpipe.run.record import stage_states
from recpipe.run.results import KernelError
from recpipe.run.runner import run_stage
from tests.standins import standins_of, write_notebook, write_standin


def run_collect(workspace: Workspace, extra: str, **options: float) -> Path:
    """Run the stand-in of collect with a cell `extra` in it; return the stage's folder."""
    notebook = write_standin(standins_of(workspace), "collect", extra)
    folder = workspace.new_run() / "collect"
    folder.mkdir()
    params = PipelineParams().collect.model_dump(mode="json")
    places = {"workspace": str(workspace.root), "run_folder": str(folder.parent)}
    execute(notebook, folder, params | places, **options)
    return folder


def newest_error(workspace: Workspace) -> dict:
    (path,) = workspace.runs.glob("*/collect/error.json")
    return json.loads(path.read_text())


def test_a_notebook_leaves_its_record_html_and_result(workspace: Workspace) -> None:
    folder = run_collect(workspace, "print('hello from the kernel')")
    assert {path.name for path in folder.iterdir()} == {
        "1_collect.ipynb",
        "1_collect.html",
        "kernel.log",
        "result.json",
    }
    page = (folder / "1_collect.html").read_text()
    assert "hello from the kernel" in page
    assert "cdnjs" not in page, "it must be complete without internet"


def test_an_error_of_ours_crosses_the_kernel_with_its_class_message_hint_and_cell(
    workspace: Workspace,
) -> None:
    cell = "from recpipe.core.errors import CheckError\nraise CheckError('3 rows refused', 'Mend them.')"
    with pytest.raises(CheckError) as caught:
        run_collect(workspace, cell)
    assert (caught.value.message, caught.value.hint) == ("3 rows refused", "Mend them.")
    error = newest_error(workspace)
    assert (error["kind"], error["message"], error["hint"]) == ("data", "3 rows refused", "Mend them.")
    assert error["cell"] == 4  # parameters, injected parameters, opening, this one
    executed = Path(error["notebook"])
    assert "3 rows refused" in executed.read_text()
    assert executed.with_suffix(".html").is_file()


def test_any_other_error_is_a_stage_error_that_names_notebook_and_cell(workspace: Workspace) -> None:
    with pytest.raises(StageError, match=r"1_collect\.ipynb, cell 4: ZeroDivisionError"):
        run_collect(workspace, "1 / 0")
    assert newest_error(workspace)["kind"] == "failure"


def test_a_notebook_without_a_result_is_an_error(workspace: Workspace, tmp_path: Path) -> None:
    cells = [new_code_cell("workspace = ''", metadata={"tags": ["parameters"]})]
    notebook = write_notebook(tmp_path / "silent.ipynb", cells)
    with pytest.raises(StageError, match="wrote no result"):
        execute(notebook, workspace.new_run(), {"workspace": ""})


def test_a_cell_that_fails_after_the_result_leaves_the_error_only(workspace: Workspace) -> None:
    cell = "recpipe.stage_result(stage, data='d', figures={})\n1 / 0"
    with pytest.raises(StageError, match="ZeroDivisionError"):
        run_collect(workspace, cell)
    (error,) = workspace.runs.glob("*/collect/error.json")
    assert not (error.parent / "result.json").exists()
    assert stage_states(error.parents[1]) == {"collect": "failed"}


def test_cells_are_counted_as_jupyterlab_numbers_them(
    workspace: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", "recpipe")
    with pytest.raises(StageError, match="cell 4: ZeroDivisionError"):
        run_collect(workspace, "1 / 0")
    told = [record.getMessage() for record in caplog.records if getattr(record, "event", "") == "cell"]
    assert told == [f"collect: cell {number} of 6" for number in (1, 2, 3, 4)]


def test_a_dying_kernel_is_told_apart_so_that_it_is_tried_again(workspace: Workspace) -> None:
    with pytest.raises(KernelError, match="its kernel died"):
        run_collect(workspace, "import os; os._exit(1)")
    error = newest_error(workspace)
    assert (error["error"], error["cell"]) == ("KernelError", 4)


def test_an_endless_cell_ends_with_its_stages_time_and_its_kernel_is_gone(workspace: Workspace) -> None:
    cell = "import os, time\nprint('kernel process', os.getpid(), flush=True)\ntime.sleep(600)"
    message = r"1_collect\.ipynb, cell 4: was still at work when the stage's 0\.25 minutes were over"
    with pytest.raises(StageError, match=message) as caught:
        run_collect(workspace, cell, timeout_minutes=0.25)
    assert "--notebooks.timeout_minutes collect=MINUTES" in caught.value.hint
    assert not isinstance(caught.value, KernelError), "it is not tried again"
    assert newest_error(workspace)["cell"] == 4
    executed = Path(newest_error(workspace)["notebook"]).read_text()
    process = int(executed.partition('"kernel process ')[2].partition("\\n")[0])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_no_kernel_outlives_its_stage(workspace: Workspace) -> None:
    with pytest.raises(StageError, match="kernel process"):
        run_collect(workspace, "import os; raise ValueError(f'kernel process {os.getpid()}')")
    process = int(newest_error(workspace)["message"].rsplit(maxsplit=1)[1])
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_a_stale_error_is_gone_after_a_run_that_succeeds(workspace: Workspace) -> None:
    folder = workspace.new_run() / "collect"
    folder.mkdir()
    (folder / "error.json").write_text("{}")
    run_stage(
        "collect", PipelineParams().collect, workspace, folder.parent, notebooks=str(standins_of(workspace))
    )
    assert not (folder / "error.json").exists()
