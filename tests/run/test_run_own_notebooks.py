from pathlib import Path

import nbformat
import pytest
from nbformat.v4 import new_code_cell

from recpipe.core.errors import ParameterError
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.run.own_notebooks import changed_from_shipped, changed_since, eject, last_executed
from recpipe.run.stages import STAGES, notebook_of


def edit(notebook: Path, old: str, new: str) -> None:
    text = notebook.read_text()
    assert old in text
    notebook.write_text(text.replace(old, new))


def executed_copy(notebook: Path, folder: Path) -> None:
    """What a run leaves: the cells, one put in, and outputs."""
    content = nbformat.read(notebook, as_version=4)
    put_in = new_code_cell("epochs = 99", metadata={"tags": ["injected-parameters"]})
    content.cells.insert(2, put_in)
    content.cells[3].outputs = [nbformat.v4.new_output("stream", text="trained")]
    folder.mkdir(parents=True)
    nbformat.write(content, folder / notebook.name)


def test_an_ejected_notebook_is_the_shipped_one_and_the_only_one_that_changes(tmp_path: Path) -> None:
    mine = str(tmp_path / "new" / "mine")
    copy = eject("train", Path(mine))
    assert changed_from_shipped("train", mine) == []
    assert notebook_of("train", mine) == copy
    for stage in set(STAGES) - {"train"}:
        assert notebook_of(stage, mine) == shipped("notebooks") / STAGES[stage].notebook


def test_what_is_there_is_not_overwritten(tmp_path: Path) -> None:
    copy = eject("train", tmp_path)
    copy.write_text("weeks of work")
    with pytest.raises(ParameterError, match=r"3_train\.ipynb: is there already"):
        eject("train", tmp_path)
    assert copy.read_text() == "weeks of work"


def test_what_was_changed_is_shown_line_by_line(tmp_path: Path) -> None:
    edit(eject("train", tmp_path), "train.popularity(", "train.my_popularity(")
    changed = [line for line in changed_from_shipped("train", str(tmp_path))[2:] if line[0] in "+-"]
    assert len(changed) == 2
    assert changed[0].startswith("-")
    assert changed[1] == changed[0].replace("-", "+", 1).replace("popularity(", "my_popularity(")


def test_only_runs_that_ended_well_are_compared_with_and_outputs_do_not_count(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path / "workspace")
    copy = eject("train", tmp_path / "mine")
    mine = str(copy.parent)
    assert last_executed(workspace, "train") is None
    for run, ended_well in (("1", True), ("2", False)):
        executed_copy(copy, workspace.runs / run / "train")
        if ended_well:
            (workspace.runs / run / "train" / "result.json").write_text("{}")
        edit(copy, "# ", f"# edited after run {run}: ")
    executed = last_executed(workspace, "train")
    assert executed == workspace.runs / "1" / "train" / copy.name
    changed = changed_since(executed, "train", mine)
    assert any(line.startswith("+") and "edited after run 2: edited after run 1" in line for line in changed)
    assert not any("epochs = 99" in line or line == "trained" for line in changed)
