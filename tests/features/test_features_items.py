"""Given events and the expected features of items."""

from datetime import datetime

import pyarrow.parquet as pq
import pytest

from recpipe import features
from recpipe.core import store
from recpipe.core.snapshot import Snapshot
from recpipe.core.workspace import Workspace
from tests.features.small_shop import EVENTS, ITEMS, fill, rows, write
from tests.tiny import make_snapshot


def test_windows_hold_the_events_of_their_days_before_the_moment(empty):
    early = [(-100, "ann", "a"), (-60, "ann", "a"), (-20, "bob", "a")]
    draft = write(fill(empty, [*early, *EVENTS]), test_share=0.15, validation_share=0.15)
    windows = rows(
        draft, "item_features", "events", "events_7_days", "events_30_days", "events_90_days", moment="test"
    )
    assert windows[0] == (7, 3, 5, 6)  # a at day 8: -100, -60, -20, 0, 2, 4, 7


def test_trend_is_in_doublings_against_the_60_days_before(empty):
    draft = write(fill(empty, [(-50, "ann", "a"), (-40, "ann", "a"), *EVENTS]))
    # a at day 9: 5 in the last 30 days, 2 in the 60 before, so 1 in 30
    assert rows(draft, "item_features", "trend", moment="now")[0] == (pytest.approx(1.584963, abs=1e-6),)


def test_conversion_is_the_share_of_viewers_who_also_purchase(empty):
    seen = [(number, user, item, "view") for number, user, item in EVENTS]
    bought = [(1, "ann", "a", "purchase"), (7, "bob", "a", "purchase"), (5, "cat", "c", "purchase")]
    draft = write(fill(empty, seen + bought), test_share=0.15, validation_share=0.23)
    # a: viewed by ann and bob, in the test part by cat; bob's purchase is of the validation part
    assert rows(draft, "item_features", "conversion", moment="validation")[0] == (1 / 2,)
    assert rows(draft, "item_features", "conversion", moment="test")[0] == (1,)
    assert rows(draft, "item_features", "conversion", moment="now") == [(2 / 3,), (0,), (0,), (0,)]


def test_without_views_there_is_no_conversion(shop):
    assert set(rows(write(shop), "item_features", "conversion")) == {(None,)}


def test_the_catalogue_s_price_goes_before_the_price_paid(empty):
    fill(empty, [(*event, "purchase", None, 10.0) for event in EVENTS])
    with store.connect(empty.database) as database:
        database.query("UPDATE items SET price = 7 WHERE item_id = 'b'")
    draft = write(empty)
    assert rows(draft, "items", "price") == [(10,), (7,), (10,), (None,)]  # d was first paid in the test part
    assert rows(draft, "item_features", "price_position", moment="now") == [(1,), (0.5,), (1,), (None,)]


def test_prices_paid_after_the_train_part_change_nothing(empty):
    paid = [(*event, "purchase", None, 10.0) for event in EVENTS[:6]]
    before = rows(write(fill(empty, [*paid, *EVENTS[6:]])), "items", "price", "price_position")
    dearer = [(*event, "purchase", None, 99.0) for event in EVENTS[6:]]
    assert rows(write(fill(empty, [*paid, *dearer])), "items", "price", "price_position") == before


def test_events_of_one_time_stand_together_in_the_history_so_a_basket_is_told_by_its_time(empty):
    basket = [(3, "bob", "b"), (3, "bob", "a")]
    draft = write(fill(empty, [*EVENTS, *basket]))
    times = rows(draft, "interactions", "event_ats")[1][0]
    assert [times.count(time) for time in times] == [1, 3, 3, 3, 1]


def test_the_catalogue_s_items_without_events_are_told_apart_and_numbered_after_the_others(empty):
    fill(empty, items=[("z", ["x"]), *ITEMS, ("0", [])])
    with store.connect(empty.database) as database:
        database.query("UPDATE items SET price = 7, available_from = '2024-03-01' WHERE item_id = 'z'")
    snapshot = Snapshot.open(empty, features.seal(write(empty)))
    assert snapshot.items().column("item_id").to_pylist() == ["a", "b", "c", "d"]
    catalogue = snapshot.catalogue().to_pylist()
    assert [(row["item_index"], row["item_id"]) for row in catalogue[4:]] == [(5, "0"), (6, "z")]
    assert (catalogue[5]["price"], catalogue[5]["available_from"]) == (7, datetime(2024, 3, 1))


def test_a_snapshot_from_before_there_were_new_items_has_the_known_ones(tmp_path):
    workspace = Workspace.open(tmp_path)
    snapshot = Snapshot.open(workspace, make_snapshot(workspace, {"ann": ["a"]}))
    (snapshot.folder / "new_items.parquet").unlink()
    items = pq.read_table(snapshot.folder / "items.parquet")
    pq.write_table(
        items.drop_columns(["price", "available_from", "available_until"]), snapshot.folder / "items.parquet"
    )
    catalogue = snapshot.catalogue()
    assert catalogue.select(["item_id", "price", "available_until"]).to_pylist() == [
        {"item_id": "a", "price": None, "available_until": None}
    ]
