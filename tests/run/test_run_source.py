from pathlib import Path

import pytest

from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace
from recpipe.params import CollectParams
from recpipe.run.source import remember_data, with_remembered_source


@pytest.fixture
def remembering(tmp_path: Path) -> Workspace:
    workspace = Workspace.open(tmp_path)
    first = CollectParams(
        source="files", events="/a.csv", items="/i.csv", columns={"user_id": "customer"}, sample=0.5
    )
    remember_data(workspace, first, "d1")
    return workspace


def test_a_new_workspace_needs_a_source(tmp_path: Path) -> None:
    with pytest.raises(ParameterError, match="needs a source"):
        with_remembered_source(CollectParams(), Workspace.open(tmp_path))


def test_a_workspace_remembers_source_files_and_columns(remembering: Workspace) -> None:
    filled = with_remembered_source(CollectParams(), remembering)
    assert (filled.source, filled.events, filled.items) == ("files", "/a.csv", "/i.csv")
    assert filled.columns == {"user_id": "customer"}


def test_an_option_that_is_given_wins_over_what_is_remembered(remembering: Workspace) -> None:
    filled = with_remembered_source(CollectParams(events="/b.csv"), remembering)
    assert (filled.source, filled.events, filled.items) == ("files", "/b.csv", "/i.csv")


def test_another_source_is_taken_as_given(remembering: Workspace) -> None:
    given = CollectParams(source="simulated")
    assert with_remembered_source(given, remembering) == given


def test_how_much_is_read_is_not_remembered(remembering: Workspace) -> None:
    assert with_remembered_source(CollectParams(), remembering).sample == 1.0
