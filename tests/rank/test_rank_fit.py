"""Training a second stage on a world whose right order is known, and saying whether it pays."""

from dataclasses import replace

import numpy as np
import pytest

from recpipe import rank
from recpipe.core.errors import DataError
from recpipe.core.ranking import Ranker
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from recpipe.rank.as_of import as_of_validation
from recpipe.rank.fit import cross_fitted, judge_rounds, retrieval_alone
from recpipe.rank.ranker import train_ranker
from recpipe.rank.table import make_table
from recpipe.rank.windows import rehearsal, window
from tests.rank.worlds import guessing, item_parity, user_parity, write

QUICK = rank.RankParams(rounds=12, leaves=4, seeds=1, candidates=10, enabled="auto")


def test_a_second_stage_finds_what_a_guessing_retrieval_does_not(
    workspace: Workspace, parity: Snapshot
) -> None:
    fitted = rank.fit(workspace, "", guessing(parity), QUICK)
    assert fitted.gain.low > 0
    assert fitted.is_kept
    assert fitted.recall["ease@10"] > 0
    assert fitted.recall["union@10"] == 1
    assert list(fitted.recall_table()) == ["recall@10"], "no generator names 100"
    assert "the second stage is kept" in fitted.verdict()


def test_auto_keeps_nothing_that_validation_is_not_sure_of(workspace: Workspace) -> None:
    random = np.random.default_rng(0)
    draw = lambda day: [(f"i{item}", day) for item in random.choice(9, 1)]  # noqa: E731
    world = {
        f"u{user}": ([*draw(0.0), *draw(7.0)], draw(8.0), draw(9.0)) for user in range(30)
    }  # nothing to be learned
    snapshot = write(workspace, world)
    fitted = rank.fit(workspace, "", guessing(snapshot), QUICK.model_copy(update={"candidates": 10}))
    assert not fitted.is_kept
    assert "lists are made by retrieval alone" in fitted.verdict()
    assert replace(fitted, params=QUICK.model_copy(update={"enabled": "yes"})).is_kept


def test_no_user_is_judged_by_a_ranker_that_learned_from_them(parity: Snapshot) -> None:
    made = guessing(parity)
    asked = window(parity, "validation", excludes_seen=True, most=1000)
    table = make_table(asked, made, parity, ["ease", "popular"], 10)
    found = cross_fitted([table, table], QUICK, 12)
    halves = [table.of(np.arange(40)[start::2]) for start in (0, 1)]
    for mine, other in ((0, 1), (1, 0)):
        ranker = train_ranker([halves[other], table], table.names, QUICK, 12, 1)
        scores = ranker.scores(halves[mine].features, table.names)
        assert found[mine::2] == pytest.approx(halves[mine].ndcg(scores))


def test_rounds_are_those_that_rank_the_validation_part_best(parity: Snapshot) -> None:
    asked = window(parity, "validation", excludes_seen=True, most=1000)
    table = make_table(asked, guessing(parity), parity, ["ease", "popular"], 10)
    trained = train_ranker([table], table.names, QUICK, 12, 1)
    rounds, curve = judge_rounds(trained, table, 12)
    assert list(curve) == [2, 4, 6, 8, 10, 12]
    assert curve[rounds] == max(curve.values())
    few = trained.scores(table.features, table.names, 2)
    assert curve[2] == pytest.approx(table.ndcg(few).mean())
    assert (few != trained.scores(table.features, table.names)).any()


def test_who_is_asked_in_the_rehearsal_knows_nothing_of_the_validation_part(parity: Snapshot) -> None:
    earlier = rehearsal(parity, excludes_seen=True, most=1000)
    assert earlier.before.lengths.tolist() == [7] * 40
    assert earlier.past.known.days.min() == 0
    assert len(earlier.past.known.rows) == 7 * 40
    everyone = parity.histories()
    eighth = everyone.items[everyone.offsets[:-1] + 7]
    assert earlier.relevant.values.tolist() == eighth.tolist()


def test_with_the_split_last_event_the_rehearsal_is_each_users_last_moment(workspace: Workspace) -> None:
    world = {
        "ann": ([("a", 0.0), ("b", 3.0), ("c", 3.0)], [("d", 4.0)], []),
        "bob": ([("a", 1.0)], [], []),
        "cat": ([("b", 0.0), ("c", 1.0), ("a", 2.0)], [], []),
    }
    snapshot = write(workspace, world)
    snapshot.manifest["split"] = {"kind": "last-event"}
    earlier = rehearsal(snapshot, excludes_seen=True, most=10)
    assert earlier.before.user_ids.tolist() == ["ann", "cat"]  # nothing is known of bob before his only event
    assert earlier.before.lengths.tolist() == [1, 2]
    assert earlier.relevant.lengths.tolist() == [2, 1]


def test_seen_items_are_right_answers_where_lists_may_hold_them(workspace: Workspace) -> None:
    snapshot = write(
        workspace, {"ann": ([("a", 0.0)], [("a", 8.0), ("b", 8.0)], [])} | {"bob": ([("b", 0.0)], [], [])}
    )
    kept, left_out = (
        window(snapshot, "validation", excludes_seen=seen, most=10).relevant.lengths.tolist()
        for seen in (False, True)
    )
    assert (kept, left_out) == ([2], [1])


def test_what_nobody_had_before_a_window_is_neither_candidate_nor_right_answer(workspace: Workspace) -> None:
    world = {
        "ann": ([("a", 0.0), ("b", 1.0)], [("new", 8.0), ("c", 8.0)], [("late", 9.0)]),
        "bob": ([("b", 0.0), ("c", 7.5)], [("new", 8.0), ("a", 8.0)], []),
    }
    snapshot = write(workspace, world)
    names = ["", *snapshot.vocabulary.ids]
    asked = window(snapshot, "validation", excludes_seen=True, most=10)
    assert [[names[item] for item in asked.relevant[user]] for user in (0, 1)] == [["c"], ["a"]]
    table = make_table(asked, guessing(snapshot), snapshot, ["tower", "popular"], 10)
    assert {names[item] for item in table.items.values} == {"a", "b", "c"} - {"b"}
    # lists of two: with "new" among them as random vectors have it, "c" and "a" were not first
    assert retrieval_alone(guessing(snapshot), snapshot, asked).tolist() == [1, 1]


def test_users_are_drawn_evenly_where_there_are_too_many(parity: Snapshot) -> None:
    asked = window(parity, "validation", excludes_seen=True, most=3).before.user_ids
    assert asked.tolist() == ["u00", "u19", "u39"]


def test_fewer_users_than_can_be_compared_is_an_error(workspace: Workspace) -> None:
    world = {"ann": ([("a", 0.0), ("b", 7.0)], [("c", 8.0)], [("b", 9.0)]), "bob": ([("c", 0.0)], [], [])}
    snapshot = write(workspace, world)
    with pytest.raises(DataError, match="1 users took something in the validation part"):
        rank.fit(workspace, "", guessing(snapshot), QUICK)


def test_generators_that_cannot_name_anything_are_left_out_or_refused(
    workspace: Workspace, parity: Snapshot
) -> None:
    own = QUICK.model_copy(update={"generators": ["own", "repeats"]})
    with pytest.raises(DataError, match="none of the generators own, repeats"):
        rank.fit(workspace, "", guessing(parity), own)


def test_at_validation_a_version_has_the_popularity_of_then(parity: Snapshot) -> None:
    made = guessing(parity)
    now = replace(made, popularity_of_late=((1000, 2.0),))
    then = as_of_validation(now, parity).item_vectors - made.item_vectors
    histories = parity.histories()
    counts = [np.bincount(histories.until(m).items, minlength=25) for m in ("validation", "test")]
    assert then[:, :-1].any() == False  # noqa: E712
    assert then[1:, -1] == pytest.approx(2 * (np.log1p(counts[0]) - np.log1p(counts[1]))[1:], abs=1e-5)


def test_ranked_lists_hold_the_users_own_half(workspace: Workspace, parity: Snapshot, monkeypatch) -> None:
    made = guessing(parity)
    fitted = rank.fit(workspace, "", made, QUICK)
    second = rank.SecondStage(made, fitted.ranker, fitted.generators, 10, True)
    ranked, alone = (
        Ranker(one, parity, "test").rank(parity.histories().until("test"), 3, exclude_seen=True).indices
        for one in (replace(made, second=second), made)
    )
    own = user_parity(parity, 40)[:, None]
    assert (item_parity(parity)[ranked] == own).mean() > 0.95
    assert (item_parity(parity)[alone] == own).mean() < 0.8
