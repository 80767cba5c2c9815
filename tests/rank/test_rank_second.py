"""Filters, cold start and memory hold for ranked lists as for retrieved ones."""

from dataclasses import replace

import numpy as np
import pytest

from recpipe import rank
from recpipe.core.caps import Cap
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Rules
from recpipe.core.retrieval import TopK
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.vocabulary import Vocabulary
from recpipe.core.workspace import Workspace
from recpipe.rank import past, union
from recpipe.rank import second as at_work
from recpipe.rank.candidates import covisited
from tests.rank.test_rank_fit import QUICK
from tests.rank.worlds import SPLIT, guessing, write
from tests.tiny import TinyRecommender
from tests.train.worlds import write_world


@pytest.fixture
def ranked(workspace: Workspace, parity: Snapshot) -> TinyRecommender:
    made = guessing(parity)
    fitted = rank.fit(workspace, "", made, QUICK)
    return replace(made, second=rank.SecondStage(made, fitted.ranker, fitted.generators, 2, True))


@pytest.fixture
def histories(parity: Snapshot) -> Histories:
    return parity.histories().until("test")


def test_nobody_gets_what_was_seen_barred_or_not_allowed(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories
) -> None:
    allowed = np.arange(25) != 3
    excluded = Ragged.from_lists([[4, 5]] * 40)
    ranker = Ranker(ranked, parity, "test", Rules(allowed))
    lists = ranker.rank(histories, 20, exclude_seen=True, excluded=excluded).indices
    assert not np.isin(lists, [3, 4, 5]).any()
    flat = Ragged(np.arange(41, dtype=np.int64) * 20, lists.ravel())
    assert not flat.contained(Ragged(histories.offsets, histories.items)).any()


def test_lists_are_as_long_as_those_of_the_retrieval_and_scores_fall(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories
) -> None:
    found, alone = (
        Ranker(one, parity, "test").rank(histories, 20, exclude_seen=True)
        for one in (ranked, replace(ranked, second=None))
    )
    assert ((found.indices > 0) == (alone.indices > 0)).all()
    assert [sorted(row) for row in found.indices.tolist()] == [sorted(row) for row in alone.indices.tolist()]
    kept = np.where(found.indices > 0, found.scores, -np.inf)
    assert (kept[:, 1:] <= kept[:, :-1]).all()


def test_a_cap_makes_room_for_what_ranks_deeper(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories
) -> None:
    groups = np.where(np.arange(25) % 2 == 1, 1, 0).astype(np.int32)  # index 1 is item i00: the even ones
    ranker = Ranker(ranked, parity, "test", Rules(caps=(Cap(groups, 1),)))
    # of their own half three are left to the odd users, and one of the other is let in
    lists = ranker.rank(histories, 4, exclude_seen=True).indices
    assert (lists > 0).all()
    assert (groups[lists] * (lists > 0)).sum(axis=1).max() == 1


def test_who_is_not_known_gets_the_popular_list(ranked: TinyRecommender, parity: Snapshot) -> None:
    nobody = parity.histories().part("train").take(np.arange(2))
    empty = replace(
        nobody,
        offsets=np.zeros(3, np.int64),
        items=nobody.items[:0],
        event_types=nobody.event_types[:0],
        times=nobody.times[:0],
        counts=nobody.counts * 0,
    )
    found = Ranker(ranked, parity, "test").rank(empty, 3, exclude_seen=True)
    alone = Ranker(replace(ranked, second=None), parity, "test").rank(empty, 3, exclude_seen=True)
    assert not found.is_personal.any()
    assert found.indices.tolist() == alone.indices.tolist()


def test_lists_of_the_other_kind_are_the_retrievals(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories
) -> None:
    found, alone = (
        Ranker(one, parity, "test").rank(histories, 5, exclude_seen=False)
        for one in (ranked, replace(ranked, second=None))
    )
    assert found.indices.tolist() == alone.indices.tolist()


def test_chunks_change_no_list(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = Ranker(ranked, parity, "test").rank(histories, 5, exclude_seen=True)
    monkeypatch.setattr(at_work, "chunk_users", lambda items, generators, depth, shares: 3)
    parts = Ranker(ranked, parity, "test").rank(histories, 5, exclude_seen=True)
    assert whole.indices.tolist() == parts.indices.tolist()
    one = Ranker(ranked, parity, "test").rank(histories.take(np.array([7])), 5, exclude_seen=True)
    assert one.indices.tolist() == whole.indices[7:8].tolist()


def test_at_now_items_of_the_test_part_are_candidates_too(
    workspace: Workspace, ranked: TinyRecommender
) -> None:
    world = {
        "ann": ([("a", 0.0)], [("b", 8.0)], [("late", 9.0)]),
        "bob": ([("b", 0.0)], [("a", 8.0)], [("c", 9.0)]),
    }
    snapshot = write(workspace, world, name="shop")
    ids = snapshot.items().column("item_id").to_pylist()
    made = TinyRecommender("refit", "mean", Vocabulary(np.array(ids, object)), np.eye(5, 4, -1, np.float32))
    # what a ranker reads is called the same whatever the shop
    stage = replace(ranked.second, retrieval=made, depth=10)
    found = Ranker(replace(made, second=stage), snapshot, "now").rank(
        snapshot.histories(), 4, exclude_seen=True
    )
    listed = [[ids[item - 1] for item in row if item] for row in found.indices]
    assert [sorted(row) for row in listed] == [["c"], ["late"]]
    asked = stage.at(snapshot, "now")._past
    assert asked.had[ids.index("late") + 1], "its events are known"


def test_who_is_known_by_attributes_alone_gets_the_retrievals_list(
    ranked: TinyRecommender, parity: Snapshot
) -> None:
    everybody = replace(ranked)
    everybody.knows = lambda histories: np.ones(len(histories), bool)  # type: ignore[method-assign]
    nobody = parity.histories().part("train").take(np.arange(2))
    empty = nobody._slice(np.zeros(2, np.int64), np.zeros(2, np.int64))
    both = Histories.joined([empty, parity.histories().until("test").take(np.arange(2))])
    alone = replace(ranked, second=None)
    alone.knows = everybody.knows  # type: ignore[method-assign]
    found, retrieved = (
        Ranker(one, parity, "test").rank(both, 5, exclude_seen=True) for one in (everybody, alone)
    )
    assert found.is_personal.all()
    assert found.indices[:2].tolist() == retrieved.indices[:2].tolist()
    assert found.indices[2:].tolist() != retrieved.indices[2:].tolist()


def test_what_fills_up_a_list_follows_in_the_steps_of_the_candidates(
    ranked: TinyRecommender, parity: Snapshot, histories: Histories
) -> None:
    """Re-ranking weighs scores by their range: a gap below the candidates would make all of them alike."""
    found = Ranker(ranked, parity, "test").rank(histories.take(np.arange(1)), 12, exclude_seen=True)
    scores = found.scores[0][found.indices[0] > 0]
    steps = scores[:-1] - scores[1:]
    assert (steps > 0).sum() >= 6
    assert steps.max() < 0.7 * (scores[0] - scores[-1])


def test_a_list_without_any_candidate_scores_below_what_trees_say_of_others() -> None:
    """Places for new items are asked for by themselves, and their scores compared with those of the rest."""
    found = TopK(np.zeros((1, 3), np.int32), np.full((1, 3), -np.inf, np.float32))
    nobody = Ragged.from_lists([[]])
    at_work._fill(found, np.zeros(1, int), nobody, nobody, np.array([[7, 5, 6]], np.int32))
    assert found.indices.tolist() == [[7, 5, 6]]
    assert found.scores.tolist() == [[-1e6 - 1, -1e6 - 2, -1e6 - 3]]


def test_a_chunk_is_smaller_the_more_is_held_of_a_user() -> None:
    # three times a thousand scores, a hundred shares, a hundred candidates
    assert union.chunk_users(999, 2, 50, 100) == union.CHUNK_BYTES // (4 * 3100 + 100 * union.CANDIDATE_BYTES)
    assert union.chunk_users(10**9, 7, 200, 0) == 1
    few = union.chunk_users(60, 2, 50, 0)
    assert few == union.CHUNK_BYTES // (4 * 61 * 3 + 60 * union.CANDIDATE_BYTES), (
        "no more than there are items"
    )


def test_of_too_many_events_some_users_stand_for_all(workspace: Workspace, monkeypatch) -> None:
    world = {f"u{user}": ([(f"i{user}", 0.0)] * 10, [], []) for user in range(8)}
    snapshot = Snapshot.open(workspace, write_world(workspace, world, "snap", {}, SPLIT, group_users=2))
    assert past.everybody(snapshot).user_ids.tolist() == sorted(world)
    monkeypatch.setattr(past, "MOST_EVENTS", 45)
    assert past.everybody(snapshot).user_ids.tolist() == ["u0", "u1", "u6", "u7"]


def test_of_too_many_events_the_newest_tell_what_goes_together(parity: Snapshot, monkeypatch) -> None:
    known = past.Past.of(parity, "test").known
    monkeypatch.setattr(covisited, "MOST_EVENTS", 80)
    newest = covisited._newest(known)
    assert len(newest.days) == 80
    assert newest.days.max() <= np.sort(known.days)[79]
    assert (np.diff(newest.rows) >= 0).all()
