"""The second stage in the real notebooks: made, judged beside its retrieval, and publishing lists."""

from pathlib import Path

import matplotlib as mpl
import pytest

from recpipe import recommend, recommendations
from recpipe.core.bases import base_of
from recpipe.core.files import read_json
from recpipe.core.workspace import Workspace
from tests.cells import run_cells, run_corridor
from tests.test_corridor import round_robin, write_events

YES = {"enabled": "yes", "rounds": 5, "seeds": 1, "leaves": 3, "candidates": 10}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    mpl.use("agg")
    return Workspace.open(tmp_path / "workspace")


def test_a_second_stage_goes_through_the_corridor(workspace: Workspace, tmp_path: Path) -> None:
    users, items = tuple(f"u{n:02d}" for n in range(20)), tuple(f"i{n:02d}" for n in range(16))
    events = write_events(tmp_path / "e.csv", round_robin(users, items, each=12))
    cheap = {"evaluate": {"peers_cpu_seconds": 0}, "recommend": {"tradeoff_users": 0}}
    results = run_corridor(workspace, events, rank=YES, **cheap)
    ranked = results["rank"].ids["model"]
    assert ranked.startswith("ranked-")
    assert base_of(workspace, ranked) == results["train"].ids["model"]
    assert results["rank"].figures["recall"]["union@10"] > 0
    assert {"model", "retrieval", "popularity"} <= set(results["evaluate"].figures["metrics"])
    card = read_json(workspace.models.path(ranked) / "metrics.json")
    assert {"challenger", "retrieval"} <= set(card["bench"]["accuracy"])

    published = run_cells(workspace, "recommend", champion=ranked, k=3, tradeoff_users=0)
    assert published.figures["model"] == ranked
    lists = recommendations.current(workspace.root)
    rows = lists.of("u00")
    assert [row["rank"] for row in rows] == [1, 2, 3]
    assert {row["model_version"] for row in rows} == {ranked}
    assert recommend.lookup(workspace, "u00").recommended[0].title
    assert len(recommend.similar(workspace, rows[0]["item_id"], 3)) == 3


def test_a_stage_run_again_on_a_ranked_model_stands_upon_the_same_retrieval(
    workspace: Workspace, tmp_path: Path
) -> None:
    users, items = tuple(f"u{n:02d}" for n in range(20)), tuple(f"i{n:02d}" for n in range(16))
    events = write_events(tmp_path / "e.csv", round_robin(users, items, each=12))
    made = run_corridor(workspace, events, until="rank", rank=YES)
    again = run_cells(workspace, "rank", **YES)  # the newest model is the ranked one
    assert again.ids["model"] == made["rank"].ids["model"]
    off = run_cells(workspace, "rank", enabled="no")
    assert off.ids["model"] == made["train"].ids["model"] == workspace.models.pointed("newest")
