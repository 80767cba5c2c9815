"""Rows outside of the bounds go to the quarantine, with the column, the value and the reason."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.collect.shops import HEADER, THREE, collected, files, rows, write

TOLD = "SELECT reason, bad_column, bad_value FROM quarantine ORDER BY row_number"


def test_a_bad_row_tells_its_column_and_its_value(workspace, tmp_path):
    content = f"{HEADER},value,event_order\n,i,2024-01-01,,\nu,,2024-01-01,,\nu,i,soon,,\nu,i,2024-01-01,much,\nu,i,2024-01-01,,first\n"
    collected(workspace, files(write(tmp_path, "e.csv", content + "u,i,2024-01-01,,\nx\n")))
    assert rows(workspace, TOLD) == [
        ("no user_id", "user_id", None),
        ("no item_id", "item_id", None),
        ("unreadable timestamp", "timestamp", "soon"),
        ("unreadable value", "value", "much"),
        ("unreadable event_order", "event_order", "first"),
        ("too few columns", None, None),
    ]


def test_a_long_value_is_shortened(workspace, tmp_path):
    content = THREE.replace("timestamp", "timestamp,value").replace("Z\n", "Z,1\n")
    collected(workspace, files(write(tmp_path, "e.csv", f"{content}u,i,2024-01-01,{'x' * 10_240}\n")))
    assert rows(workspace, "SELECT length(bad_value), length(content) FROM quarantine") == [(80, 200)]


BOUNDS = {
    "before collect.earliest": ("1970-01-01,1,view", {}, {"earliest": "1960-01-01"}),
    "in the future": (
        f"{datetime.now(UTC) + timedelta(days=9):%Y-%m-%d},1,view",
        {},
        {"future_hours": 24 * 10},
    ),
    "absurd value": ("2024-01-01,-2e6,view", {"value_limit": 1e6}, {"value_limit": 1e7}),
    "unknown event_type": ("2024-01-01,1,stare", {"known_types": ["view"]}, {}),
}


@pytest.mark.parametrize("reason", BOUNDS)
def test_what_lies_outside_of_a_bound_is_refused_and_within_it_is_taken(workspace, tmp_path, reason):
    line, narrow, wide = BOUNDS[reason]
    path = write(tmp_path, "e.csv", f"{HEADER},value,event_type\nu,j,2024-01-01,1,view\nu,i,{line}\n")
    assert collected(workspace, files(path, **narrow)).kept == 1
    ((told, column, value),) = rows(workspace, TOLD)
    assert told == reason
    assert value in line.replace("-2e6", "-2000000.0 -2e6")
    assert column in ("timestamp", "value", "event_type")
    assert collected(workspace, files(path, **wide)).kept == 1
    assert rows(workspace, TOLD) == []


def test_an_item_has_a_price_and_a_time_in_which_it_is_available(workspace, tmp_path):
    items = write(
        tmp_path,
        "i.csv",
        "item_id,price,available_from,available_until\na,2.5,2024-01-01,2024-06-01T12:00:00+02:00\nb,,,\n"
        "c,cheap,,\nd,-1,,\ne,1,soon,\nf,1,,never\n",
    )
    collected(workspace, files(write(tmp_path, "e.csv", THREE), items=items))
    found = "SELECT item_id, price, available_from::VARCHAR, available_until::VARCHAR, attributes FROM items ORDER BY 1"
    assert rows(workspace, found) == [
        ("a", 2.5, "2024-01-01 00:00:00", "2024-06-01 10:00:00", '{"price":"2.5"}'),
        ("b", None, None, None, "{}"),
    ]
    assert rows(workspace, TOLD) == [
        ("unreadable price", "price", "cheap"),
        ("unreadable price", "price", "-1"),
        ("unreadable available_from", "available_from", "soon"),
        ("unreadable available_until", "available_until", "never"),
    ]


def test_events_older_than_what_is_kept_are_neither_taken_in_nor_kept_nor_quarantined(workspace, tmp_path):
    days = [datetime.now(UTC) - timedelta(days=n) for n in (1, 5, 50)]
    content = "\n".join([HEADER, *(f"u,i,{day:%Y-%m-%d}" for day in days), ",i,2024-01-01"])
    path = write(tmp_path, "e.csv", content)
    done = collected(workspace, files(path, keep_days=10))
    assert (done.read, done.kept, done.dropped, done.quarantined) == (4, 2, 2, 0)
    done = collected(workspace, files(path, keep_days=3))
    assert rows(workspace, "SELECT count(*) FROM events") == [(1,)]
    assert (done.kept, done.duplicate, done.dropped) == (0, 1, 3)
