import json

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib import pyplot

from recpipe.core.errors import DataError
from recpipe.core.shipped import shipped
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.features import sample_events
from tests.tiny import make_snapshot


@pytest.fixture
def shop(tmp_path):
    baskets = {"ann": ["tea", "jam", "tea"], "ben": ["jam"], "cat": []}
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, baskets, {})
    return workspace


def test_every_event_is_a_row_and_the_second_of_a_pair_is_a_repeat(shop):
    events = sample_events(shop)
    rows = list(zip(events["user_id"], events["item_id"], events["is_repeat"], strict=True))
    assert rows == [("ann", "tea", False), ("ann", "jam", False), ("ann", "tea", True), ("ben", "jam", False)]
    assert events["event_at"].dt.tz is not None
    assert set(events["event_type"]) == set(Snapshot.open(shop).manifest["event_types"])


def test_no_more_is_read_than_was_asked_for_but_one_block(shop, monkeypatch):
    asked = []
    monkeypatch.setattr(Snapshot, "group_sizes", np.array([[1, 10], [1, 10], [1, 10]]))
    histories = Snapshot.histories
    monkeypatch.setattr(
        Snapshot, "histories", lambda self, groups: asked.append(groups) or histories(self, None)
    )
    for bound in (5, 20, 29, 30):
        sample_events(shop, max_events=bound)
    assert [len(groups) for groups in asked] == [1, 2, 2, 3]


def test_without_a_snapshot_it_says_what_to_do(tmp_path):
    with pytest.raises(DataError, match="no newest snapshot"):
        sample_events(Workspace.open(tmp_path))


def test_the_notebook_runs_to_its_end_on_the_smallest_shop(shop):
    cells = json.loads((shipped("notebooks") / "0_explore.ipynb").read_text(encoding="utf-8"))["cells"]
    mpl.use("agg")
    names = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)
            names["workspace"] = str(shop.root)
    pyplot.close("all")
    assert names["by_category"].loc["(no category)", "events"] == 4
    assert names["of_item"]["jam"] == 2
