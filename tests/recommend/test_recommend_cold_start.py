"""Who and what nobody knows: lists by attributes, by decay, by a history alone, and places for new items."""

import numpy as np
import pytest

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.caps import Cap
from recpipe.core.errors import DataError
from recpipe.core.ranking import Ranking
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from recpipe.recommend.making import with_reserved
from tests.recommend.test_recommend_lists import by_user
from tests.tiny import load, make_model, make_snapshot

# teens have games, adults tools; old is what most had, long ago (event i lies on day i)
HISTORIES = {
    "t1": ["old", "game"],
    "t2": ["old", "game"],
    "a1": ["old", "tool", "tool"],
    "a2": ["old", "tool", "bulb"],
    "new-teen": [],
    "new-adult": [],
    "new-nobody": [],
}
AGES = dict.fromkeys(("t1", "t2", "new-teen"), '{"age": "teen"}') | dict.fromkeys(
    ("a1", "a2", "new-adult"), '{"age": "adult", "town": 7}'
)
VECTORS = {"old": [1.0, 0.0], "game": [0.9, 0.1], "tool": [0.0, 1.0], "bulb": [0.1, 0.9]}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    described = {
        "rocket": {"title": "New rocket"},
        "anvil": {"title": "New anvil", "attributes": '{"adult": 1}'},
    }
    snapshot = make_snapshot(
        workspace, HISTORIES, described=described, attributes=AGES, split={"newest": "1970-01-03"}
    )
    make_model(workspace, snapshot, VECTORS, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


def make(workspace, **params):
    lists = recommend.make_lists(workspace, "", "", RecommendParams(**{"k": 4} | params))
    assert all(result.success for result in recommend.check(workspace, lists).results)
    return by_user(lists)


def test_who_has_done_nothing_gets_what_those_alike_had_and_then_what_everybody_had(workspace):
    found = make(workspace, segment_attributes=["age"])
    assert found["new-teen"] == ["game", "old", "tool", "bulb"]
    assert found["new-adult"] == ["tool", "old", "bulb", "game"]
    assert found["new-nobody"] == make(workspace)["new-nobody"]


def test_segments_are_of_all_attributes_together_and_numbers_count_as_their_text(workspace):
    found = make(workspace, segment_attributes=["town", "age"])
    assert found["new-adult"] == make(workspace, segment_attributes=["age"])["new-adult"]


def test_an_attribute_that_no_user_has_is_refused_by_name(workspace):
    with pytest.raises(
        DataError, match=r"names 'income', but no user has this attribute\nTo do: Choose from: age, town"
    ):
        make(workspace, segment_attributes=["income"])


def test_an_event_fades_by_its_half_life(workspace):
    """Old was had four times two days ago, tool twice yesterday and once today."""
    slow, fast = (make(workspace, popularity_half_life_days=days)["new-nobody"] for days in (100, 0.5))
    assert slow[0] == "old"
    assert fast[0] == "tool"


def test_a_user_unknown_to_the_model_with_a_history_is_served_from_it(workspace):
    """The model was trained on another snapshot; dot was never seen, but what dot had tells."""
    make_snapshot(workspace, {"dot": ["tool"], "t1": ["game", "old", "bulb"]}, name="20240102-later")
    lists = recommend.make_lists(workspace, "20240102-later", "", RecommendParams(k=1))
    assert by_user(lists)["dot"] == ["bulb"]
    assert lists.counts.personal == 2


def new_vectors(workspace, version, items):
    """Stands in for `train.new_item_vectors`: rockets are for teens, anvils for adults."""
    known = {"New rocket": [0.5, 0.0], "New anvil": [0.0, 0.5]}
    return np.array([known[title] for title in items.column("title").to_pylist()], np.float32)


@pytest.fixture
def launch(workspace, monkeypatch):
    monkeypatch.setattr(train, "new_item_vectors", new_vectors)
    return workspace


def test_new_items_have_their_share_of_the_places_and_stand_by_their_score(launch):
    found = make(launch, new_items_share=0.25, seen="allow")
    assert found["t1"] == ["old", "game", "rocket", "bulb"], "the weakest old one has made room"
    assert found["a1"][-1] in {"rocket", "anvil"}
    assert not {"rocket", "anvil"} & set(found["new-nobody"]), "nothing tells which new item is for nobody"


def test_without_a_share_new_items_are_in_no_list(launch):
    assert not {"rocket", "anvil"} & {item for items in make(launch, seen="allow").values() for item in items}


def test_new_items_pass_the_filters_too(launch):
    found = make(launch, new_items_share=0.5, deny_where="attributes->>'adult' = '1'")
    assert "anvil" not in {item for items in found.values() for item in items}
    assert "rocket" in found["t1"]


def ranking(indices, scores):
    return Ranking(np.array([indices], np.int32), np.array([scores], np.float32), np.array([True]))


OLD, NEW = ranking([1, 2, 3], [9, 8, 7]), ranking([11, 12, 13], [8.5, 2, 1])


@pytest.mark.parametrize(
    ("reserved", "expected"), [(0, [1, 11, 2]), (1, [1, 11, 2]), (2, [1, 11, 12]), (3, [11, 12, 13])]
)
def test_reserved_places_are_a_minimum(reserved, expected):
    assert with_reserved(OLD, NEW, reserved, ()).indices.tolist() == [expected]


def test_reserved_places_keep_to_the_caps():
    groups = np.zeros(14, np.int32)
    groups[[1, 12, 11]] = 1
    found = with_reserved(OLD, NEW, 2, (Cap(groups, 1),))
    assert found.indices.tolist() == [[11, 2, 3]]


def test_places_that_no_new_item_fills_stay_with_the_others():
    few = ranking([11, 0, 0], [1, -np.inf, -np.inf])
    found = with_reserved(OLD, few, 2, ())
    assert found.indices.tolist() == [[1, 2, 11]]
    assert found.scores.tolist() == [[9, 8, 1]]
