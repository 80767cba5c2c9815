"""Each filter leaves out exactly what it says, and what it leaves out makes room."""

from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from recpipe import recommend, train
from recpipe.core import registry
from recpipe.core.errors import CheckError, DataError, ParameterError
from recpipe.core.snapshot import Histories
from recpipe.core.workspace import Workspace
from recpipe.recommend import RecommendParams
from recpipe.recommend.filters import refused_items
from recpipe.recommend.schema import SCHEMA
from tests.recommend.conftest import HISTORIES, PAIRS
from tests.recommend.test_recommend_lists import by_user
from tests.tiny import load, make_model, make_snapshot

ITEMS = {
    "a1": {"categories": ["food", "fruit"], "attributes": '{"seller": "x"}', "price": 1.0},
    "a2": {"categories": ["food", "fruit"], "attributes": '{"seller": "x"}', "price": 2.0},
    "b1": {"categories": ["food", "bread"], "attributes": '{"seller": "y"}', "price": 3.0},
    "b2": {"categories": ["food", "bread"], "attributes": '{"seller": "y"}'},
    "c1": {"categories": ["books"], "available_from": datetime(2024, 1, 3)},
    "c2": {"categories": ["books"], "available_until": datetime(2024, 1, 2)},
}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.setattr(train, "load", load)
    workspace = Workspace.open(tmp_path / "w")
    snapshot = make_snapshot(workspace, HISTORIES, described=ITEMS, split={"newest": "2024-01-03"})
    make_model(workspace, snapshot, PAIRS, name="mean-a")
    registry.promote(workspace, "mean-a", why="test", who="test")
    return workspace


def make(workspace, **params):
    """Lists that pass all expectations."""
    lists = recommend.make_lists(workspace, "", "", RecommendParams(**{"seen": "allow", "k": 6} | params))
    found = by_user(lists)
    assert all(result.success for result in recommend.check(workspace, lists).results)
    return found, lists


def items(found):
    return {item for listed in found.values() for item in listed}


def test_by_default_what_cannot_be_had_at_the_newest_event_is_in_no_list(workspace):
    found, lists = make(workspace)
    assert items(found) == {"a1", "a2", "b1", "b2", "c1"}
    assert lists.figures()["filters"]["refused"] == {"available_at": 1}


@pytest.mark.parametrize(
    ("time", "missing"),
    [("2024-01-02", {"c1"}), ("2024-01-02T23:00:00", {"c1", "c2"}), ("2024-01-03T01:00+01:00", {"c2"})],
)
def test_availability_may_be_asked_for_another_time(workspace, time, missing):
    assert items(make(workspace, available_at=time)[0]) == set(PAIRS) - missing


@pytest.mark.parametrize(
    ("params", "left"),
    [
        ({"allow_where": "price >= 2"}, {"a2", "b1"}),
        ({"deny_where": "attributes->>'seller' = 'x' -- not theirs"}, {"b1", "b2", "c1"}),
        ({"categories_in": ["fruit", "books"]}, {"a1", "a2", "c1"}),
        ({"categories_out": ["food"]}, {"c1"}),
    ],
)
def test_conditions_and_categories_hold_for_everybody(workspace, params, left):
    assert items(make(workspace, **params)[0]) == left


@pytest.mark.parametrize(
    ("name", "left"), [("allow_items", {"a1", "b1"}), ("deny_items", {"a2", "b2", "c1"})]
)
def test_a_file_allows_or_denies_and_its_unknown_ids_are_reported_and_not_fatal(
    workspace, tmp_path, name, left, caplog
):
    file = tmp_path / "items.txt"
    file.write_text("a1\nb1\n\nnever-heard-of\n")
    found, lists = make(workspace, **{name: str(file)})
    assert items(found) == left
    assert lists.figures()["filters"]["unknown"] == {name: 1}
    assert "never-heard-of" in caplog.text


def test_another_file_of_the_same_name_makes_another_draft(workspace, tmp_path):
    file = tmp_path / "items.txt"
    names = []
    for content in ("a1\n", "b1\n"):
        file.write_text(content)
        names.append(make(workspace, deny_items=str(file))[1].draft.name)
    assert names[0] != names[1]


def test_a_block_holds_for_its_user_only(workspace, tmp_path):
    file = tmp_path / "blocks.csv"
    file.write_text("item_id,user_id\na1,ann\nc1,dan\nzz,dan\na1,nobody\n")
    found, lists = make(workspace, blocks=str(file))
    assert [item in found[user] for item, user in (("a1", "ann"), ("c1", "dan"))] == [False, False]
    assert [item in found[user] for item, user in (("a1", "bob"), ("c1", "ann"))] == [True, True]
    assert lists.figures()["filters"] | {"refused": {}} == {
        "refused": {},
        "unknown": {"blocks": 1},
        "blocked": 3,
    }


@pytest.mark.parametrize(
    ("days", "missing"),
    [(1, {"b2", "c1"}), (2, {"b1", "b2", "c1"}), (36_500, {"a1", "a2", "b1", "b2", "c1"})],
)
def test_seen_within_days_leaves_out_what_is_fresh_and_keeps_what_is_due(workspace, days, missing):
    """Eve had a1 on 1 January 1970, a2 the day after, up to c2 on the sixth."""
    found, _ = make(workspace, seen="exclude", seen_days=days, available_at="1970-01-05")
    assert set(found.get("eve", [])) == {"a1", "a2", "b1", "b2"} - missing


def test_a_cap_is_kept_in_every_list_and_filled_from_deeper(workspace):
    found, lists = make(workspace, at_most={"category": 1, "seller": 1}, k=2)
    assert all(len(listed) == 2 and "c1" in listed for listed in found.values())
    assert lists.counts.short == 0


def test_a_short_list_is_counted_by_what_left_too_few(workspace, tmp_path):
    assert make(workspace, k=7)[1].counts.short_by == {"the catalogue is smaller": 5}
    assert make(workspace, k=6)[1].counts.short_by == {"the filters refuse the rest": 5}
    assert make(workspace, k=3, at_most={"category": 1})[1].counts.short_by == {"the rest is over a cap": 5}
    seen = make(workspace, k=4, seen="exclude")[1].counts
    assert seen.short_by == {"the user had the rest, or is not to get it": 2}, "bob and eve"
    assert seen.short == 2


def test_filters_that_leave_nothing_for_anyone_stop_and_publish_nothing(workspace):
    with pytest.raises(DataError, match=r"none of 6 items for anybody.*deny_where refuses 6"):
        make(workspace, deny_where="true")
    with pytest.raises(DataError, match="nobody is left with anything to recommend"):
        make(
            workspace,
            deny_where="item_id <> 'c1'",
            seen="exclude",
            at_most={"category": 1},
            blocks=blocks_of_all(workspace),
        )
    assert not list(workspace.publications.root.iterdir())


def blocks_of_all(workspace):
    file = workspace.root / "blocks.csv"
    file.write_text("user_id,item_id\n" + "".join(f"{user},c1\n" for user in HISTORIES))
    return str(file)


@pytest.mark.parametrize(
    ("params", "error", "named"),
    [
        (
            {"deny_where": "colour = 1"},
            ParameterError,
            "recommend.deny_where: 'colour = 1' is no condition on items",
        ),
        ({"at_most": {"colour": 1}}, DataError, "at_most names 'colour', but no item has this attribute"),
        ({"deny_items": "/nowhere.txt"}, DataError, r"deny_items /nowhere.txt: cannot be read"),
        ({"blocks": "/nowhere.csv"}, DataError, r"blocks /nowhere.csv: cannot be read"),
    ],
)
def test_a_filter_that_cannot_be_read_is_named(workspace, params, error, named):
    with pytest.raises(error, match=named):
        make(workspace, **params)


@pytest.mark.parametrize(
    "params",
    [
        {"seen": "allow", "seen_days": 3},
        {"available_at": "soon"},
        {"at_most": {"seller": 0}},
        {"allow_where": "true; DROP TABLE items"},
    ],
)
def test_parameters_that_make_no_sense_are_refused(params):
    with pytest.raises(ValueError, match=r"seen_days|no time|may hold 1 to|one condition"):
        RecommendParams(**params)


# what makes a bad list of c2 and c1, for ann, who had a1: the expectation that must refuse it
FILTERED = {
    "every item is available": {"available_at": "2024-02-01"},
    "every item is allowed": {"deny_where": "item_id = 'c2'"},
    "no list holds what is blocked for its user": {"blocks": "user_id,item_id\nann,c2\n"},
    "no list holds more of a kind than its cap": {"at_most": {"category": 1}},
}


@pytest.mark.parametrize(("expectation", "params"), FILTERED.items())
def test_what_a_filter_leaves_out_is_refused_by_the_expectation_it_breaks(
    workspace, tmp_path, expectation, params
):
    if "blocks" in params:
        file = tmp_path / "blocks.csv"
        file.write_text(params["blocks"])
        params = {"blocks": str(file)}
    asked = {"k": 2, "seen": "exclude", "available_at": "2024-01-02T23:00:00"} | params
    lists = recommend.make_lists(workspace, "", "", RecommendParams(**asked))
    bad = [("c2", 1, 0.9), ("c1", 2, 0.8)]
    part = lists.draft.folder / "part-00000.parquet"
    others = [row for row in pq.read_table(part).to_pylist() if row["user_id"] != "ann"]
    rows = [{"user_id": "ann", "item_id": item, "rank": rank, "score": score} for item, rank, score in bad]
    pq.write_table(pa.Table.from_pylist(rows + others, SCHEMA), part)
    with pytest.raises(CheckError, match=expectation):
        recommend.check(workspace, lists)


def test_what_was_given_back_is_refused_until_it_is_had_again():
    # bought 1, 2 and 3; gave 1 and 2 back; bought 2 again
    events = [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (2, 1)]
    histories = Histories(
        user_ids=np.array(["u"], object),
        offsets=np.array([0, 6]),
        items=np.array([item for item, _ in events], np.int32),
        event_types=np.array([kind for _, kind in events], np.uint8),
        times=np.arange(6),
        counts=np.array([[6, 0, 0]], np.int32),
    )
    refused = refused_items(histories, np.array([0, 1, -1], np.float32))
    assert refused.unique().values.tolist() == [1]
