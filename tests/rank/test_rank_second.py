"""Filters, cold start and memory hold for ranked lists as for retrieved ones."""

from dataclasses import replace

import numpy as np
import pytest

from recpipe import rank
from recpipe.core.caps import Cap
from recpipe.core.ragged import Ragged
from recpipe.core.ranking import Ranker, Rules
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank import second as at_work
from tests.rank.test_rank_fit import QUICK
from tests.rank.worlds import guessing
from tests.tiny import TinyRecommender


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
    monkeypatch.setattr(at_work, "chunk_users", lambda items: 3)
    parts = Ranker(ranked, parity, "test").rank(histories, 5, exclude_seen=True)
    assert whole.indices.tolist() == parts.indices.tolist()
    one = Ranker(ranked, parity, "test").rank(histories.take(np.array([7])), 5, exclude_seen=True)
    assert one.indices.tolist() == whole.indices[7:8].tolist()


def test_at_now_items_of_the_test_part_are_candidates_too(ranked: TinyRecommender, parity: Snapshot) -> None:
    found = Ranker(ranked, parity, "now").rank(parity.histories(), 3, exclude_seen=False)
    assert (found.indices > 0).all()
