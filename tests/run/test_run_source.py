from pathlib import Path

import pytest

from recpipe.core.errors import ParameterError
from recpipe.core.workspace import Workspace
from recpipe.params import CollectParams
from recpipe.run.source import remember_data, warn_of_mixing, with_remembered_source


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


def test_a_default_that_is_given_wins_too(tmp_path: Path) -> None:
    workspace = Workspace.open(tmp_path)
    first = CollectParams(source="files", events="/a.csv", items="/i.csv", encoding="latin-1")
    remember_data(workspace, first, "d1")
    filled = with_remembered_source(CollectParams(encoding="auto", items=""), workspace)
    assert (filled.source, filled.events) == ("files", "/a.csv")
    assert (filled.encoding, filled.items) == ("auto", "")
    assert with_remembered_source(filled, workspace) == filled, "the flow and the kernel fill it once more"
    again = CollectParams(**filled.model_dump())
    assert with_remembered_source(again, workspace) == filled, "so it is once every value is passed on"


def test_a_form_that_leaves_the_source_to_the_workspace_is_filled(remembering: Workspace) -> None:
    form = CollectParams(**CollectParams(encoding="utf-8").model_dump())
    assert form.model_fields_set == set(CollectParams.model_fields)
    filled = with_remembered_source(form, remembering)
    assert (filled.source, filled.events, filled.items) == ("files", "/a.csv", "/i.csv")
    assert (filled.encoding, filled.sample) == ("utf-8", 1.0)


@pytest.mark.parametrize(("source", "told"), [("simulated", True), ("files", False)])
def test_data_of_another_source_are_not_mixed_in_silence(
    source: str, told: bool, remembering: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    remembering.database.touch()
    warn_of_mixing(CollectParams.model_validate({"source": source}), remembering)
    assert ("holds data of source files; those of simulated are merged" in caplog.text) == told


def test_a_new_workspace_has_nothing_to_mix(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    warn_of_mixing(CollectParams(source="simulated"), Workspace.open(tmp_path))
    assert caplog.text == ""
