"""Stages of one's own; the example is `rerank.ipynb` beside this file."""

import shutil
from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.errors import ParameterError, StageError
from recpipe.core.workspace import Workspace
from recpipe.params import PipelineParams
from recpipe.recommend import RecommendParams
from recpipe.run.own_stages import OwnStage, in_order, own_row
from recpipe.run.preflight import preflight
from recpipe.run.results import StageResult, write_result
from recpipe.run.resume import find_finished
from recpipe.run.runner import run_own_stage
from tests.standins import write_notebook
from tests.tiny import load, make_model, make_snapshot

EXAMPLE = Path(__file__).with_name("rerank.ipynb")
CELL = "workspace = ''\nrun_folder = ''\nsnapshot = ''\nshare = 0.5\nnames = []\nseed = 1\nstrict = True"
OPEN = "stage = recpipe.open_stage('mine', globals(), own=True)"


def rerank(**parameters: object) -> OwnStage:
    return OwnStage(name="rerank", notebook=str(EXAMPLE), after="recommend", parameters=parameters)


def mine(folder: Path, *cells: str, parameters: str = CELL, **values: object) -> OwnStage:
    head = new_code_cell(parameters, metadata={"tags": ["parameters"]})
    code = [new_code_cell(cell) for cell in (OPEN, *cells)]
    notebook = write_notebook(folder / "mine.ipynb", [head, *code])
    return OwnStage(name="mine", notebook=str(notebook), before="train", parameters=values)


@pytest.fixture
def published(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """Two users, each of whom gets what the other had, and one thing more."""
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path / "workspace")
    snapshot = make_snapshot(workspace, {"ann": ["a1"], "bob": ["b1"], "cat": ["c1"]})
    make_model(workspace, snapshot, {"a1": [3.0], "b1": [2.0], "c1": [1.0]}, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(k=2)))
    return workspace


def lists(workspace: Workspace) -> dict[str, list[str]]:
    publication = recommend.Publication.open(workspace)
    return {user: [row["item_id"] for row in publication.of(user)] for user in ("ann", "bob")}


def test_the_example_reranks_what_was_published_and_is_used_again(published: Workspace) -> None:
    made = published.publications.pointed("current")
    assert lists(published) == {"ann": ["b1", "c1"], "bob": ["a1", "c1"]}
    result = run_own_stage(rerank(first="c"), published, published.new_run(), {"publication": made})
    assert lists(published) == {"ann": ["c1", "b1"], "bob": ["c1", "a1"]}
    assert result.ids == {"publication": published.publications.pointed("current")}
    assert result.figures == {"moved": 2}
    again = run_own_stage(rerank(first="c"), published, published.new_run(), {"publication": made})
    assert (again.reused, again.ids) == (True, result.ids)


def test_a_stage_whose_output_is_rewritten_after_it_is_used_again(published: Workspace) -> None:
    folder = published.new_run() / "recommend"
    folder.mkdir()
    result = StageResult("recommend", {"publication": published.publications.pointed("current")})
    write_result(folder, result, "k")
    draft = published.publications.draft("changed")
    published.publications.point("current", draft.seal({}))
    assert find_finished(published, "recommend", "k") is None
    assert find_finished(published, "recommend", "k", rewritten={"publication"}) is not None


def test_reads_and_writes_are_told_by_the_notebook(tmp_path: Path) -> None:
    row = own_row(rerank())
    assert (row.reads, row.writes) == (("publication",), ("publication",))
    row = own_row(mine(tmp_path, "recpipe.stage_result(stage)"))
    assert (row.reads, row.writes) == (("snapshot",), ())


def test_stages_run_in_their_places() -> None:
    first = OwnStage(name="first", notebook="n", before="collect")
    then = OwnStage(name="then", notebook="n", after="rerank")
    assert in_order(("collect", "recommend"), [first, rerank(), then]) == (
        "first", "collect", "recommend", "rerank", "then",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        ({"name": "mine", "after": "recomend"}, "there is no stage 'recomend'"),
        ({"name": "mine"}, "has none of after and before"),
        ({"name": "mine", "after": "train", "before": "train"}, "has both after and before"),
        ({"name": "train", "after": "features"}, "there is such a stage already"),
    ],
)
def test_a_place_that_is_none_is_refused(stage: dict[str, str], message: str) -> None:
    with pytest.raises(ParameterError, match=message):
        in_order(("features", "train"), [OwnStage(notebook="n", **stage)])


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"sead": 3}, r"mine\.sead: no such parameter .*\nTo do: Known are: names, seed, share, strict"),
        ({"snapshot": "s"}, r"mine\.snapshot: no such parameter"),
        ({"seed": "three"}, r"mine\.seed: int is wanted, as its default 1 is \(got 'three'\)"),
        ({"seed": True}, r"mine\.seed: int is wanted"),
        ({"names": "one"}, r"mine\.names: list is wanted"),
        ({"strict": 1}, r"mine\.strict: bool is wanted"),
    ],
)
def test_its_parameters_are_held_against_its_parameters_cell(
    values: dict[str, object], message: str, tmp_path: Path
) -> None:
    with pytest.raises(ParameterError, match=message):
        own_row(mine(tmp_path, "recpipe.stage_result(stage)", **values))


def test_a_whole_number_may_stand_for_any_number(tmp_path: Path) -> None:
    assert own_row(mine(tmp_path, "recpipe.stage_result(stage)", share=1)).name == "mine"


def test_what_its_notebook_owes_is_told(tmp_path: Path) -> None:
    with pytest.raises(StageError, match=r"mine\.ipynb: no cell writes a result"):
        own_row(mine(tmp_path, "1"))
    with pytest.raises(StageError, match=r"mine\.ipynb: stage_result gives words"):
        own_row(mine(tmp_path, "recpipe.stage_result(stage, words='w')"))
    with pytest.raises(ParameterError, match=r"mine\.ipynb: the parameters cell lacks run_folder"):
        own_row(mine(tmp_path, "recpipe.stage_result(stage)", parameters="workspace = ''"))


def test_a_stage_of_ones_own_is_checked_before_a_run(published: Workspace, tmp_path: Path) -> None:
    gone = shutil.copy(EXAMPLE, tmp_path / "gone.ipynb")
    own = [rerank(first="a").model_copy(update={"notebook": str(gone)})]
    preflight(PipelineParams(), published, ("rerank",), own=own)
    Path(gone).unlink()
    with pytest.raises(StageError, match=r"gone\.ipynb: no such notebook"):
        preflight(PipelineParams(), published, ("rerank",), own=own)
