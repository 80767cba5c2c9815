"""A reason is what the score falls without: known by construction, and held against brute force."""

import numpy as np
import pytest

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from recpipe.recommend import reasons as reasons_module
from recpipe.recommend.reasons import last_items, without_item
from tests.recommend.test_recommend_lists import rows
from tests.tiny import load, make_model, make_snapshot

# who has one of a pair should be recommended the other, because of it; "far" is unlike everything
VECTORS = {
    "a1": [1.0, 0.0, 0.0],
    "a2": [1.0, 0.0, 0.0],
    "b1": [0.0, 1.0, 0.0],
    "b2": [0.0, 1.0, 0.0],
    "far": [-1.0, -1.0, 1.0],
    "odd": [-1.0, -1.0, 0.0],
}
HISTORIES = {
    "ann": ["a1", "b1", "b1", "b1"],
    "bob": ["b1"],
    "cat": ["a2", "b2", "far"],
    "new": [],
    "odd": ["odd"],
}
CATEGORIES = {item: {"categories": ["all", item[0]]} for item in ("a1", "a2", "b1", "b2")}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path)
    snapshot = make_snapshot(workspace, HISTORIES, described=CATEGORIES)
    make_model(workspace, snapshot, VECTORS, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


def reasons(workspace, **params):
    made = rows(recommend.make_lists(workspace, "", "", RecommendParams(**{"k": 6} | params)))
    return {(row["user_id"], row["item_id"]): row["reason"] for row in made}


def test_the_reason_is_the_item_without_which_the_score_falls_most(workspace):
    found = reasons(workspace)
    assert found["ann", "a2"] == "item:a1"
    assert found["ann", "b2"] == "item:b1", "three events, left out together"
    assert found["bob", "b2"] == "item:b1"


def test_an_item_whose_absence_does_not_lower_the_score_is_no_reason(workspace):
    """Without odd, the only thing they had, every score of the user odd would rise or stay."""
    found = reasons(workspace)
    assert {item: reason for (user, item), reason in found.items() if user == "odd"} == dict.fromkeys(
        ("a1", "a2", "b1", "b2", "far")
    ) | {"far": "item:odd"}, "far is like odd"


def test_where_no_item_is_a_reason_a_category_that_the_user_had_is(workspace):
    found = reasons(workspace, reason_events=0)
    assert found["ann", "a2"] == "category:a", "the deepest they share"
    assert found["bob", "a1"] == "category:all"
    assert found["ann", "far"] is None


def test_who_gets_the_popular_list_having_done_nothing_gets_no_reason(workspace):
    assert {reason for (user, _), reason in reasons(workspace).items() if user == "new"} == {None}


def test_only_the_last_items_are_tried(workspace):
    assert reasons(workspace, reason_events=1)["ann", "a2"] == "category:a", "a1 was not tried"


def test_what_is_listed_again_may_be_its_own_reason_however_old(workspace):
    """Of ann's last item only one is tried; a1 is older, and recommended because it was had."""
    found = reasons(workspace, reason_events=1, seen="allow")
    assert found["ann", "a1"] == "item:a1"
    assert found["ann", "b1"] == "item:b1"


def test_reasons_do_not_depend_on_how_many_are_encoded_at_a_time(workspace, monkeypatch):
    whole = reasons(workspace)
    monkeypatch.setattr(reasons_module, "VARIANTS", 1)
    assert reasons(workspace) == whole


def test_a_reason_is_shown_by_its_title(workspace):
    recommend.publish(workspace, recommend.make_lists(workspace, "", "", RecommendParams(k=2)))
    shown = {one.item_id: one.because for one in recommend.lookup(workspace, "ann").recommended}
    assert shown == {"b2": "because of Title of b1", "a2": "because of Title of a1"}


def test_the_last_different_items_come_newest_first_and_unknown_ones_not_at_all():
    histories = of([[1, 2, 1, 3, 0], [], [2]])
    assert [last_items(histories, 2)[row].tolist() for row in range(3)] == [[3, 1], [], [2]]


def test_a_history_without_an_item_lacks_all_its_events_and_nothing_else():
    histories = of([[1, 2, 1, 3], [2, 2]], counts=[[2, 1, 1], [0, 1, 1]])
    left = without_item(histories, np.array([1, 2]))
    assert (left.items.tolist(), left.lengths.tolist(), left.times.tolist()) == ([2, 3], [2, 0], [1, 3])
    assert left.counts.tolist() == [[1, 0, 1], [0, 0, 0]]


def of(items, counts=None):
    lengths = [len(some) for some in items]
    flat = np.array([item for some in items for item in some], np.int32)
    return Histories(
        user_ids=np.array([f"u{row}" for row in range(len(items))], object),
        offsets=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        items=flat,
        event_types=np.ones(len(flat), np.uint8),
        times=np.arange(len(flat)),
        counts=np.array(counts or [[length, 0, 0] for length in lengths], np.int32),
    )


def test_scores_are_those_of_the_ranking(workspace):
    from recpipe.core.ranking import Ranker

    snapshot = Snapshot.open(workspace)
    ranker = Ranker(load(workspace, "mean-a"), snapshot, "now")
    histories = snapshot.histories().take(np.array([0, 1, 2, 4]))
    ranking = ranker.rank(histories, 6, exclude_seen=True)
    np.testing.assert_allclose(
        ranker.scores(histories, ranking.indices, exclude_seen=True), ranking.scores, rtol=1e-5
    )
