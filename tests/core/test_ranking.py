from dataclasses import dataclass, field

import numpy as np
import pytest

from recpipe.core import model_side
from recpipe.core.caps import Cap
from recpipe.core.errors import DataError
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Rules, UnusableModel
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from tests.tiny import DAY_US, load, make_model, make_snapshot

KNOWN = {"ann": ["apple"], "bob": ["pear", "pear"], "cat": ["plum"], "dan": []}
TEST = {"dan": ["kiwi"], "ann": ["kiwi", "kiwi", "kiwi"]}
# who likes one fruit likes its neighbour on the circle
VECTORS = {"apple": [1.0, 0.0], "pear": [0.8, 0.6], "plum": [0.0, 1.0]}


@pytest.fixture
def workspace(tmp_path):
    return Workspace.open(tmp_path)


@pytest.fixture
def snapshot(workspace):
    return Snapshot.open(workspace, make_snapshot(workspace, KNOWN, TEST))


def lists(workspace, snapshot, vectors=VECTORS, moment="test", exclude_seen=True, k=2):
    recommender = load(workspace, make_model(workspace, snapshot.name, vectors, name="mean-a"))
    histories = snapshot.histories().until(moment)
    ranking = Ranker(recommender, snapshot, moment).rank(histories, k, exclude_seen=exclude_seen)
    names = np.array(["-", *snapshot.items().column("item_id").to_pylist()], object)
    return dict(zip(histories.user_ids, names[ranking.indices].tolist(), strict=True))


def test_lists_follow_the_model_and_leave_out_what_is_seen(workspace, snapshot):
    assert lists(workspace, snapshot)["ann"] == ["pear", "plum"]


def test_seen_items_may_be_allowed(workspace, snapshot):
    assert lists(workspace, snapshot, exclude_seen=False)["ann"] == ["apple", "pear"]


def test_users_without_history_get_the_popular_list(workspace, snapshot):
    assert lists(workspace, snapshot)["dan"] == ["pear", "apple"]


def test_users_whose_history_the_model_does_not_know_get_the_popular_list(workspace, snapshot):
    found = lists(workspace, snapshot, moment="now")
    assert found["dan"] == ["pear", "apple"], "kiwi is most popular, but dan had it"


def test_the_popular_list_names_known_items_only_at_either_moment(workspace):
    """Kiwi is most popular now, but first seen in the test part: as one below min_item_events, unknown."""
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, {**KNOWN, "eve": []}, TEST))
    for moment in ("test", "now"):
        assert lists(workspace, snapshot, moment=moment, k=4)["eve"] == ["pear", "apple", "plum", "-"]


def test_the_popular_list_orders_equal_items_by_id(workspace):
    snapshot = Snapshot.open(
        workspace, make_snapshot(workspace, {"a": ["y"], "b": ["x"], "c": ["z"], "d": []})
    )
    vectors = {"z": [1.0], "x": [1.0], "y": [1.0]}
    assert lists(workspace, snapshot, vectors, k=3)["d"] == ["x", "y", "z"]


def test_fewer_items_than_k_leave_places_empty(workspace, snapshot):
    assert lists(workspace, snapshot, k=4)["ann"] == ["pear", "plum", "-", "-"]


def test_equal_scores_are_ordered_by_item_id(workspace, snapshot):
    equal = {"plum": [1.0], "apple": [1.0], "pear": [1.0]}
    assert lists(workspace, snapshot, equal)["bob"] == ["apple", "plum"]


def test_a_model_of_another_vocabulary_gives_the_same_lists(workspace, snapshot):
    expected = lists(workspace, snapshot)
    wider = {"aardvark": [9.0, 9.0], **VECTORS, "zebra": [9.0, 9.0]}
    recommender = load(workspace, make_model(workspace, "other", wider, name="mean-b"))
    histories = snapshot.histories().until("test")
    ranking = Ranker(recommender, snapshot, "test").rank(histories, 2, exclude_seen=True)
    names = np.array(["-", *snapshot.items().column("item_id").to_pylist()], object)
    assert names[ranking.indices].tolist() == list(expected.values())


def test_items_first_seen_in_the_test_are_no_candidates_at_the_test_but_now(workspace, snapshot):
    vectors = {**VECTORS, "kiwi": [5.0, 5.0]}
    assert lists(workspace, snapshot, vectors)["bob"] == ["apple", "plum"]
    assert lists(workspace, snapshot, vectors, moment="now")["bob"] == ["kiwi", "apple"]


def test_item_vectors_that_are_not_finite_are_refused_by_version(workspace, snapshot):
    with pytest.raises(UnusableModel, match="mean-a: its item vectors are not finite"):
        lists(workspace, snapshot, {**VECTORS, "plum": [np.nan, 1.0]})


def test_a_model_of_no_common_item_is_refused(workspace, snapshot):
    with pytest.raises(DataError, match="mean-a: it knows no item of this snapshot"):
        lists(workspace, snapshot, {"hammer": [1.0]})


@dataclass
class OldestAgain:
    """Stands in for a repeat model: sure that a user takes the lowest of the own items again."""

    weight: float = 0.9
    moments: list = field(default_factory=list)
    counts: dict = field(default_factory=dict)

    def log_probabilities(self, histories, moments, counts):
        self.moments += moments.tolist()
        self.counts = {name: values.tolist() for name, values in counts.items()}
        own = Ragged(histories.offsets, histories.items).unique()
        is_first = np.isin(np.arange(len(own.values)), own.offsets[:-1])
        return own, np.where(is_first, 0.0, -50.0)


BASKETS = {"ann": ["apple", "plum"], "bob": ["pear", "plum"], "cat": ["plum"], "dan": []}


def mixed(workspace, repeats, moment="test", exclude_seen=False, split=None, chunk=4):
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, BASKETS, TEST, name="baskets", split=split))
    recommender = load(workspace, make_model(workspace, snapshot.name, VECTORS, name="mean-a"))
    recommender.repeats = repeats
    ranker = Ranker(recommender, snapshot, moment)
    found = {}
    names = np.array(["-", *snapshot.items().column("item_id").to_pylist()], object)
    for histories in snapshot.chunks(chunk):
        got = ranker.rank(histories.until(moment), 3, exclude_seen=exclude_seen)
        found |= dict(zip(histories.user_ids, names[got.indices].tolist(), strict=True))
    return found


def test_what_is_taken_again_leads_a_list_that_may_hold_it(workspace):
    found = mixed(workspace, OldestAgain())
    assert found["ann"] == ["apple", "pear", "plum"]
    assert found["bob"] == ["pear", "plum", "apple"]
    assert found["dan"] == ["plum", "apple", "pear"], "the popular list, as before"


def test_a_list_without_seen_items_knows_no_repeats(workspace):
    assert mixed(workspace, OldestAgain(), exclude_seen=True) == mixed(workspace, None, exclude_seen=True)


@pytest.mark.parametrize(("moment", "day"), [("test", "2024-01-02"), ("now", "2024-01-03")])
@pytest.mark.parametrize("chunk", [1, 4])
def test_lists_are_made_at_one_moment_however_users_are_cut_into_chunks(workspace, moment, day, chunk):
    repeats = OldestAgain()
    mixed(workspace, repeats, moment, chunk=chunk)
    assert set(repeats.moments) == {int(np.datetime64(day, "us").astype(np.int64))}
    assert repeats.counts["recent_events"] == [0, 1, 1, 3], (
        "apple, pear and plum; nothing of kiwi, unknown to the model"
    )
    assert set(repeats.counts) == {"events", "recent_events", "users"}


@pytest.mark.parametrize("moment", ["test", "now"])
def test_with_the_split_last_event_a_list_is_made_at_the_last_event_of_its_user(workspace, moment):
    repeats = OldestAgain()
    mixed(workspace, repeats, moment, split={"kind": "last-event"})
    days = {"test": [1, 1, 0], "now": [4, 1, 0]}[moment]
    assert repeats.moments == [day * DAY_US for day in days]


def test_mixed_lists_do_not_depend_on_the_block(workspace, monkeypatch):
    whole = mixed(workspace, OldestAgain())
    monkeypatch.setattr(model_side, "MIXED_USERS", 1)
    assert mixed(workspace, OldestAgain()) == whole


def ruled(workspace, rules, *, repeats=None, excluded=None, k=3, exclude_seen=False):
    """Lists of the baskets' users, by name; apple, pear and plum are the items 1, 2 and 3."""
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, BASKETS, name="baskets"))
    recommender = load(workspace, make_model(workspace, snapshot.name, VECTORS, name="mean-a"))
    recommender.repeats = repeats
    ranker = Ranker(recommender, snapshot, "now", rules)
    histories = snapshot.histories()
    barred = (
        None if excluded is None else Ragged.from_lists([excluded.get(u, []) for u in histories.user_ids])
    )
    found = ranker.rank(histories, k, exclude_seen=exclude_seen, excluded=barred)
    names = np.array(["-", "apple", "pear", "plum"], object)
    return dict(zip(histories.user_ids, names[found.indices].tolist(), strict=True))


@pytest.mark.parametrize("repeats", [None, OldestAgain()])
def test_what_is_not_allowed_is_in_nobodys_list(workspace, repeats):
    found = ruled(workspace, Rules(np.array([True, True, False, True])), repeats=repeats)
    assert all("pear" not in items for items in found.values())
    assert found["dan"] == ["plum", "apple", "-"], "nor in the popular one"


@pytest.mark.parametrize("repeats", [None, OldestAgain()])
def test_what_is_excluded_for_a_user_is_missing_from_that_list_only(workspace, repeats):
    found = ruled(workspace, Rules(), repeats=repeats, excluded={"bob": [2], "dan": [3]})
    assert "pear" not in found["bob"]
    assert found["dan"] == ["apple", "pear", "-"]
    assert sorted(found["ann"]) == ["apple", "pear", "plum"]


def test_excluded_items_join_those_that_were_seen(workspace):
    assert ruled(workspace, Rules(), excluded={"ann": [2]}, exclude_seen=True)["ann"] == ["-", "-", "-"]


@pytest.mark.parametrize("repeats", [None, OldestAgain()])
def test_a_cap_holds_in_every_list_and_makes_room(workspace, repeats):
    rules = Rules(caps=(Cap(np.array([0, 1, 1, 0], np.int32), 1),))
    found = ruled(workspace, rules, repeats=repeats, k=2)
    assert all(len({"apple", "pear"} & set(items)) == 1 and "plum" in items for items in found.values())


def test_only_short_lists_ask_for_more_but_queries_are_made_once(workspace):
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, BASKETS, name="baskets"))
    recommender = load(workspace, make_model(workspace, snapshot.name, VECTORS, name="mean-a"))
    rules = Rules(caps=(Cap(np.array([0, 1, 1, 0], np.int32), 1),))
    Ranker(recommender, snapshot, "now", rules).rank(snapshot.histories(), 2, exclude_seen=False)
    assert recommender.calls == [3]


@pytest.mark.parametrize("repeats", [None, OldestAgain()])
def test_items_are_scored_one_by_one_as_they_are_ranked(workspace, repeats):
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, BASKETS, name="baskets"))
    recommender = load(workspace, make_model(workspace, snapshot.name, VECTORS, name="mean-a"))
    recommender.repeats = repeats
    ranker, known = Ranker(recommender, snapshot, "now"), snapshot.histories().take(np.arange(3))
    ranking = ranker.rank(known, 4, exclude_seen=False)
    found = ranker.scores(known, ranking.indices, exclude_seen=False)
    np.testing.assert_allclose(found, ranking.scores, rtol=1e-5)
    assert np.isneginf(found[:, 3]).all()
