import csv

import numpy as np
import pytest

from recpipe import recommend
from recpipe.cli import main
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.recommend import RecommendParams
from tests.recommend.conftest import PAIRS
from tests.recommend.test_recommend_variants import OTHERWISE
from tests.tiny import make_model, make_snapshot

# how often an item is clicked, whoever sees it and wherever it stands
WORTH = {"a2": 0.1, "b1": 0.6, "b2": 0.2, "c1": 0.3, "c2": 0.05}


def publish(workspace, **params):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(k=1, reason_events=0, **params))
    return recommend.publish(workspace, lists)


def rows(workspace, name):
    lists = recommend.Publication.open(workspace, name)
    return [row for batch in lists.batches() for row in batch.to_pylist()]


def write(path, clicks, names=("user_id", "item_id")):
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([names, *clicks])
    return path


@pytest.fixture
def shown(workspace, tmp_path):
    """What mean-a showed, half of it drawn by chance; what was clicked; and what mean-b would show.

    mean-a has a2 for everybody, mean-b has b1.
    """
    snapshot = make_snapshot(workspace, {**{f"u{n:04}": ["a1"] for n in range(3000)}, "z": list(PAIRS)})
    logged = publish(workspace, explore_share=0.5, explore_among=5)
    make_model(workspace, snapshot, OTHERWISE, name="mean-b")
    registry.promote(workspace, "mean-b", why="test", who="test")
    target = publish(workspace)
    chance = np.random.default_rng(7)
    places = [(row["user_id"], row["item_id"]) for row in rows(workspace, logged)]
    clicks = write(tmp_path / "clicks.csv", [one for one in places if chance.random() < WORTH[one[1]]])
    return workspace, clicks, logged, target


def test_what_the_target_lists_would_have_got_is_estimated_though_few_were_shown(shown):
    """b1 was drawn for one in ten; it is worth 0.6, what was shown 0.55 * 0.1 + 0.1 * (0.6 + ...)."""
    found = recommend.offline_estimate(*shown)
    assert found.users == 3000
    assert found.snips == pytest.approx(WORTH["b1"], abs=4 * found.snips_error)
    assert 0.01 < found.snips_error < 0.05, "sqrt(0.6 * 0.4 / 300) is 0.028"
    assert found.ips == pytest.approx(WORTH["b1"], abs=0.15)
    assert found.logged == pytest.approx(0.6 * 0.1 + 0.1 * (0.6 + 0.2 + 0.3 + 0.05), abs=0.03)
    assert found.support == pytest.approx(1, abs=0.2)
    assert 240 < found.effective < 360, "all weights are equal: as many as were drawn"


def test_lists_that_explored_tell_what_the_model_itself_would_have_got(shown):
    workspace, clicks, logged, _ = shown
    registry.rollback(workspace, why="test", who="test")
    found = recommend.offline_estimate(workspace, clicks, logged, publish(workspace))
    assert found.snips == pytest.approx(WORTH["a2"], abs=4 * found.snips_error)


def test_the_true_value_is_inside_the_interval_about_as_often_as_told(shown, tmp_path):
    workspace, _, logged, target = shown
    places = [(row["user_id"], row["item_id"]) for row in rows(workspace, logged)]
    inside = 0
    for seed in range(20):
        chance = np.random.default_rng(seed)
        clicks = write(tmp_path / "again.csv", [one for one in places if chance.random() < WORTH[one[1]]])
        found = recommend.offline_estimate(workspace, clicks, logged, target)
        inside += abs(found.snips - WORTH["b1"]) < 1.96 * found.snips_error
    assert inside >= 16


def test_lists_that_did_not_explore_tell_of_the_same_lists_only(published, tmp_path):
    logged = published.publications.pointed("current")
    clicks = write(
        tmp_path / "clicks.csv", [("ann", "a2", 2.5), ("dan", "b1", 1.5)], ("user_id", "item_id", "reward")
    )
    found = recommend.offline_estimate(published, clicks, logged, logged)
    assert found.ips == found.snips == found.logged == 1.0, "4 for four users"
    assert (found.users, found.effective, found.support) == (4, 12.0, 1.0)


BAD = {
    "no column item_id": "user_id\nann\n",
    "no click is on a list of": "user_id,item_id\nann,zz\n",
    "a click without a reward": "user_id,item_id,reward\nann,a2,\n",
    "reward": "user_id,item_id,reward\nann,a2,much\n",
}


@pytest.mark.parametrize(("said", "content"), BAD.items())
def test_clicks_that_are_none_are_refused(published, tmp_path, said, content):
    clicks = tmp_path / "clicks.csv"
    clicks.write_text(content)
    logged = published.publications.pointed("current")
    with pytest.raises(DataError, match=said):
        recommend.offline_estimate(published, clicks, logged)


def test_lists_with_nothing_in_common_are_refused(shown):
    workspace, clicks, _, target = shown
    registry.rollback(workspace, why="test", who="test")
    with pytest.raises(DataError, match="no place of a list is the same"):
        recommend.offline_estimate(workspace, clicks, publish(workspace), target)


def test_the_command_prints_the_estimates(published, tmp_path, capsys):
    logged = published.publications.pointed("current")
    clicks = write(tmp_path / "clicks.csv", [("ann", "a2"), ("ann", "zz")])
    here = ["--workspace", str(published.root)]
    assert main(["offline-estimate", str(clicks), "--logged", logged, *here]) == 0
    shown = capsys.readouterr().out
    assert "clicks            1 on no logged list" in shown
    assert "target lists      0.2500" in shown
    assert main(["offline-estimate", str(tmp_path / "none.csv"), "--logged", logged, *here]) == 2
    assert main(["offline-estimate", str(clicks), "--logged", "none", *here]) == 2
