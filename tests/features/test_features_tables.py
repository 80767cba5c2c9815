"""Given rows and expected rows of each table."""

import pyarrow.parquet as pq
import pytest

from recpipe.core.columns import SNAPSHOT_TABLES
from recpipe.features import tables
from tests.features.small_shop import EVENTS, TOLD, day, fill, rows, write


def test_items_known_before_the_test_come_first_in_the_order_of_ids(empty):
    # 0 is first seen in the test part, so it stands behind z although its id sorts first
    draft = write(fill(empty, [*EVENTS[:3], (3, "bob", "z"), *EVENTS[4:8], (8, "ann", "0"), EVENTS[9]]))
    assert rows(draft, "items", "item_index", "item_id") == [(1, "a"), (2, "b"), (3, "c"), (4, "z"), (5, "0")]


def test_an_item_that_nobody_described_has_no_title_and_no_category(shop):
    names = ("item_index", "item_id", "title", "categories", "attributes")
    assert rows(write(shop), "items", *names)[2:] == [
        (3, "c", "Title of c", ["y"], "{}"),
        (4, "d", None, [], "{}"),
    ]


def test_each_user_has_one_history_in_order_and_users_without_events_an_empty_one(shop):
    draft = write(shop)
    assert rows(
        draft, "interactions", "user_id", "item_indices", "train_count", "validation_count", "test_count"
    ) == [
        ("ann", [1, 2, 1, 3, 4], 3, 1, 1),
        ("bob", [1, 3, 1], 2, 1, 0),
        ("cat", [2, 1], 1, 0, 1),
        ("dan", [], 0, 0, 0),
    ]
    assert rows(draft, "interactions", "event_ats")[2] == ([day(5), day(9)],)


def test_what_is_known_of_a_user_stands_beside_the_history(shop):
    attributes = rows(write(shop), "interactions", "user_id", "attributes")
    assert attributes == [("ann", TOLD), ("bob", "{}"), ("cat", "{}"), ("dan", TOLD)]


def test_with_last_event_each_user_s_last_is_test_and_users_of_two_events_only_train(shop):
    draft = write(shop, split="last-event")
    assert rows(
        draft, "interactions", "user_id", "item_indices", "train_count", "validation_count", "test_count"
    ) == [
        ("ann", [1, 2, 1, 3, 4], 3, 1, 1),
        ("bob", [1, 3, 1], 1, 1, 1),
        ("cat", [2, 1], 2, 0, 0),
        ("dan", [], 0, 0, 0),
    ]


@pytest.mark.parametrize("events", [1, 4, 6])
def test_histories_made_a_range_of_users_at_a_time_are_the_same(shop, monkeypatch, events):
    at_once = write(shop)
    monkeypatch.setattr(tables, "BUCKET_EVENTS", events)
    in_ranges = write(shop)
    for table in SNAPSHOT_TABLES:
        assert rows(in_ranges, table) == rows(at_once, table)
    assert {path.name for path in in_ranges.folder.iterdir()} == {
        path.name for path in at_once.folder.iterdir()
    }


def test_event_types_are_positions_in_the_sorted_names(empty):
    kinds = ["view", "cart"] * 5
    draft = write(fill(empty, [(*event, kind) for event, kind in zip(EVENTS, kinds, strict=True)]))
    assert draft.inputs.event_types == ("cart", "view")
    assert rows(draft, "interactions", "event_types")[0] == ([2, 1, 2, 2, 2],)


def test_events_of_the_same_time_keep_their_order_and_those_without_one_go_by_item(empty):
    at_once = [(3, "bob", item, "purchase", order) for item, order in [("b", 2), ("c", 1), ("a", 3)]]
    unordered = [(4, "ann", item) for item in ("c", "a", "b")]
    draft = write(fill(empty, [*EVENTS, *at_once, *unordered]))
    assert rows(draft, "interactions", "item_indices")[0] == ([1, 2, 1, 1, 2, 3, 3, 4],)
    # bob's c of day 3 has no order: it comes after those that have one
    assert rows(draft, "interactions", "item_indices")[1] == ([1, 3, 2, 1, 3, 1],)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        # as of, events, items, active days, days since first and last
        ("validation", [(day(6), 3, 2, 3, 6, 2), (day(6), 2, 2, 2, 4, 3), (day(6), 1, 1, 1, 1, 1)]),
        ("test", [(day(8), 4, 3, 4, 8, 2), (day(8), 3, 2, 3, 6, 1), (day(8), 1, 1, 1, 3, 3)]),
        ("now", [(day(9), 5, 4, 5, 9, 1), (day(9), 3, 2, 3, 7, 2), (day(9), 2, 2, 2, 4, 0)]),
    ],
)
def test_user_features_know_what_came_before_the_moment(shop, moment, expected):
    names = ("as_of", "events", "items", "active_days", "days_since_first", "days_since_last")
    assert rows(write(shop), "user_features", *names, moment=moment)[:3] == expected


def test_a_user_without_events_has_no_days_and_no_interests(shop):
    dan = rows(write(shop), "user_features", moment="now")[3]
    told = (0, 0, 0, None, None, None, None, [], [], [], [], [], TOLD)
    assert dan == ("dan", "now", day(9), 0, 0, 0, None, None, *told)


def test_interests_halve_with_the_half_life_and_an_event_is_shared_among_its_categories(shop):
    [(interests,), *_] = rows(write(shop), "user_features", "interests", moment="validation")
    # ann: a (x) four days before her last event, b (x and y) three days before, a (x) as the last
    x, y = 1 / 16 + 1 / 16 + 1, 1 / 16
    assert [interest["category"] for interest in interests] == ["x", "y"]
    assert [interest["share"] for interest in interests] == pytest.approx([x / (x + y), y / (x + y)])


def test_with_last_event_a_moment_is_the_time_of_the_event_to_be_foretold(shop):
    draft = write(shop, split="last-event")
    assert rows(draft, "user_features", "user_id", "as_of", "events", moment="test") == [
        ("ann", day(8), 4),
        ("bob", day(7), 2),
        ("cat", day(9), 2),
        ("dan", day(9), 0),
    ]
    assert rows(draft, "user_features", "as_of", "days_since_last", moment="validation")[:2] == [
        (day(6), 2),
        (day(3), 1),
    ]


@pytest.mark.parametrize(
    ("moment", "as_of", "expected"),
    [
        # index, events, recent events, users, age in days, category
        ("validation", 6, [(1, 3, 1, 2, 6, "x"), (2, 2, 1, 2, 5, "x"), (3, 1, 1, 1, 3, "y")]),
        ("test", 8, [(1, 4, 1, 2, 8, "x"), (2, 2, 1, 2, 7, "x"), (3, 2, 1, 2, 5, "y")]),
        ("now", 9, [(1, 5, 2, 3, 9, "x"), (2, 2, 0, 2, 8, "x"), (3, 2, 1, 2, 6, "y"), (4, 1, 1, 1, 1, None)]),
    ],
)
def test_item_features_know_what_came_before_the_moment(shop, moment, as_of, expected):
    draft = write(shop)
    names = ("item_index", "events", "recent_events", "users", "age_days", "category")
    assert rows(draft, "item_features", *names, moment=moment) == expected
    assert {time for (time,) in rows(draft, "item_features", "as_of", moment=moment)} == {day(as_of)}


def test_with_last_event_items_are_counted_from_the_known_parts(shop):
    draft = write(shop, split="last-event")
    # train: ann a b a (days 0, 1, 4), bob a (2), cat b a (5, 9)
    assert rows(draft, "item_features", "item_index", "as_of", "events", moment="validation") == [
        (1, day(9), 4),
        (2, day(9), 2),
    ]


def test_the_tables_have_the_columns_that_the_core_names(shop):
    draft = write(shop)
    for table, names in SNAPSHOT_TABLES.items():
        assert tuple(pq.read_schema(draft.path(table)).names) == names
