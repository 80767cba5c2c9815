from datetime import UTC, datetime, timedelta

import pyarrow.parquet as pq
import pytest

from recpipe import recommend
from recpipe.core import registry
from recpipe.core.errors import DataError
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from tests.recommend.conftest import PAIRS
from tests.tiny import alter, count_verified, make_model, make_snapshot


def rows(lists):
    parts = sorted(lists.draft.folder.glob("part-*.parquet"))
    return [row for part in parts for row in pq.read_table(part).to_pylist()]


def by_user(lists):
    found = {}
    for row in rows(lists):
        found.setdefault(row["user_id"], []).append(row["item_id"])
    return found


def make(workspace, **params):
    return recommend.make_lists(workspace, "", "", RecommendParams(**params))


def test_everybody_is_recommended_the_other_of_the_pair(workspace):
    found = by_user(make(workspace, k=1))
    assert (found["ann"], found["cat"]) == (["a2"], ["c2"])


def test_users_who_did_nothing_get_the_popular_list(workspace):
    assert by_user(make(workspace, k=3))["dan"] == ["c1", "a1", "b1"]


def test_k_is_the_length_of_the_lists(workspace):
    assert {len(items) for items in by_user(make(workspace, k=2)).values()} == {2}


def test_fewer_items_than_k_give_shorter_lists_without_padding(workspace):
    lists = make(workspace, k=50)
    assert {user: len(items) for user, items in by_user(lists).items()} == {
        "ann": 5, "bob": 4, "cat": 5, "dan": 6,
    }  # fmt: skip
    assert lists.counts.short == 5
    assert {row["item_id"] for row in rows(lists)} == {"a1", "a2", "b1", "b2", "c1", "c2"}


def test_seen_exclude_leaves_out_all_a_user_ever_did_and_allow_does_not(workspace):
    assert "eve" not in by_user(make(workspace, seen="exclude"))
    assert len(by_user(make(workspace, seen="allow"))["eve"]) == 6


def test_rows_are_ordered_by_user_and_rank_with_falling_scores(workspace):
    found = rows(make(workspace, k=4))
    assert found == sorted(found, key=lambda row: (row["user_id"], row["rank"]))
    assert [row["rank"] for row in found if row["user_id"] == "ann"] == [1, 2, 3, 4]
    scores = [row["score"] for row in found if row["user_id"] == "bob"]
    assert scores == sorted(scores, reverse=True)


def test_chunks_change_no_list(workspace, monkeypatch):
    whole = rows(make(workspace))
    at = whole[0]["generated_at"]
    monkeypatch.setattr("recpipe.recommend.lists.CHUNK_USERS", 2)
    parts = make(workspace)
    assert len(list(parts.draft.folder.glob("part-*.parquet"))) == 3
    assert [row | {"generated_at": at} for row in rows(parts)] == whole


def test_the_same_inputs_give_the_same_name_and_the_same_rows_but_for_their_time(workspace):
    one, two = make(workspace), make(workspace)
    assert one.draft.name == two.draft.name
    contents = [pq.read_table(lists.draft.folder).drop_columns("generated_at") for lists in (one, two)]
    assert contents[0] == contents[1]


def test_every_row_names_the_variant_the_model_and_when_it_was_made(workspace):
    before = datetime.now(UTC)
    found = rows(make(workspace))
    (told,) = {
        (row["variant"], row["model_version"], row["propensity"], row["generated_at"]) for row in found
    }
    assert told[:3] == ("champion", "mean-a", 1.0)
    assert before - timedelta(milliseconds=1) <= told[3] <= datetime.now(UTC)


@pytest.mark.parametrize("params", [{"k": 3}, {"seen": "allow"}])
def test_other_parameters_give_another_name(workspace, params):
    assert make(workspace, **params).draft.name != make(workspace).draft.name


def test_a_champion_of_an_older_snapshot_serves_the_newest_users(workspace):
    make_snapshot(workspace, {"new": ["0-new", "c1"], "ann": ["a1", "0-new"]})
    found = by_user(make(workspace, k=1))
    assert found == {"ann": ["c1"], "new": ["a1"]}, "only items that the snapshot still has"


def refit(workspace, snapshot, name, of="mean-a"):
    """A refit that knows only the first of each pair: its lists cannot be mistaken for the champion's."""
    firsts = {"a1": [1.0, 0.0], "b1": [0.0, 1.0]}
    return make_model(workspace, snapshot, firsts, name=name, refit_of=of)


def test_the_champions_refit_on_the_snapshot_makes_the_lists(workspace):
    snapshot = workspace.snapshots.pointed("newest")
    before = make(workspace)
    name = refit(workspace, snapshot, "mean-a-refit-1")
    after = make(workspace)
    assert (before.model, after.model) == ("mean-a", name)
    assert by_user(after)["ann"] == ["b1"]
    assert after.draft.name != before.draft.name
    assert after.manifest()["inputs"]["model"] == name


@pytest.mark.parametrize(("snapshot", "of"), [("another", "mean-a"), ("newest", "mean-b")])
def test_a_refit_on_another_snapshot_or_of_another_version_makes_no_lists(workspace, snapshot, of):
    named = workspace.snapshots.pointed("newest") if snapshot == "newest" else snapshot
    refit(workspace, named, "a-refit-1", of)
    assert make(workspace).model == "mean-a"


def test_after_a_rollback_the_refit_of_the_champion_before_makes_the_lists(workspace):
    snapshot = workspace.snapshots.pointed("newest")
    make_model(workspace, snapshot, PAIRS, name="mean-b")
    refits = [refit(workspace, snapshot, f"{of}-refit-1", of) for of in ("mean-a", "mean-b")]
    registry.promote(workspace, "mean-b", why="test", who="test")
    assert make(workspace).model == refits[1]
    registry.rollback(workspace, why="test", who="test")
    assert make(workspace).model == refits[0]


def test_no_champion_yet_is_told(tmp_path):
    workspace = Workspace.open(tmp_path)
    make_snapshot(workspace, {"ann": ["a"]})
    with pytest.raises(DataError, match="no champion model version yet"):
        recommend.make_lists(workspace, "", "", RecommendParams())


def test_an_altered_champion_is_refused_by_name(workspace):
    alter(workspace.models.path("mean-a") / "item_vectors.npy")
    with pytest.raises(DataError, match=r"mean-a/item_vectors\.npy: altered"):
        make(workspace)


def test_the_champions_files_are_hashed_once(workspace, monkeypatch):
    verified = count_verified(monkeypatch)
    make(workspace)
    assert verified.count("mean-a") == 1


def test_a_failure_leaves_nothing_behind_and_the_publication_current(published, monkeypatch):
    before = published.publications.pointed("current")
    make_model(published, published.snapshots.pointed("newest"), {"a1": [float("nan")]}, name="mean-nan")
    registry.promote(published, "mean-nan", why="test", who="test")
    with pytest.raises(DataError, match="mean-nan: its item vectors are not finite"):
        make(published)
    monkeypatch.setattr("recpipe.recommend.lists._table", lambda *_: 1 / 0)
    registry.rollback(published, why="test", who="test")
    with pytest.raises(ZeroDivisionError):
        make(published)
    assert published.publications.pointed("current") == before
    assert not list(published.publications.root.glob(".tmp-*"))


def test_how_many_users_have_lists_is_told_chunk_by_chunk(workspace, monkeypatch, caplog):
    caplog.set_level("INFO", "recpipe")
    monkeypatch.setattr("recpipe.core.progress.INTERVAL_SECONDS", 0)
    monkeypatch.setattr("recpipe.recommend.lists.CHUNK_USERS", 2)
    make(workspace)
    assert [line for line in caplog.messages if line.startswith("lists")] == [
        "lists: 2 of 5 users",
        "lists: 4 of 5 users",
        "lists: 5 of 5 users",
    ]
