"""The source `sql` on SQLite: any database goes the same way."""

import sqlite3
from datetime import datetime, timedelta

import pytest

from recpipe import collect
from recpipe.core.errors import DataError
from tests.collect.sales import QUERY, params, shop
from tests.collect.shops import collected, refused, rows, times

__all__ = ["params", "shop"]


def test_rows_become_events_items_and_users(workspace, params):
    more = {
        "items_query": "SELECT item_id, title, price, shelf FROM goods",
        "users_query": "SELECT DISTINCT who AS user_id, 7 AS visits FROM sales",
        "columns": {"categories": "shelf"},
    }
    done = collected(workspace, params.model_copy(update=more))
    assert (done.read, done.kept) == (3, 3)
    assert rows(workspace, "SELECT user_id, item_id, event_type, value FROM events ORDER BY event_at") == [
        ("anna", "tea", "event", 2.5),
        ("anna", "jam", "event", None),
        ("ben", "tea", "event", 3.0),
    ]
    assert rows(workspace, "SELECT item_id, title, categories, price FROM items ORDER BY 1") == [
        ("jam", "Jam", [], 4.0),
        ("tea", "Tea", ["hot", "drinks"], 2.5),
    ]
    assert rows(workspace, "SELECT user_id, attributes FROM users ORDER BY 1") == [
        ("anna", '{"visits":7}'),
        ("ben", '{"visits":7}'),
    ]


def test_the_next_night_asks_for_what_is_new_and_for_late_days_before(workspace, params, shop):
    collected(workspace, params)
    shop(
        "INSERT INTO sales VALUES ('cleo', 'tea', '2024-03-21 10:00:00', 1)",
        "INSERT INTO sales VALUES ('late', 'tea', '2024-03-19 10:00:00', 1)",
        "INSERT INTO sales VALUES ('too late', 'tea', '2024-03-02 10:00:00', 1)",
    )
    done = collected(workspace, params.model_copy(update={"late_days": 2.0}))
    assert (done.read, done.kept, done.duplicate) == (3, 2, 1)
    assert times(workspace)[-3:] == ["2024-03-19 10:00:00", "2024-03-20 10:00:00", "2024-03-21 10:00:00"]


def test_a_night_without_news_is_none_of_trouble(workspace, params):
    collected(workspace, params)
    quiet = params.model_copy(
        update={"late_days": 0.0, "events_query": QUERY.replace(">= :since", "> :since")}
    )
    collected(workspace, quiet)
    batch = collect.read(workspace, quiet)
    assert batch.read == 0
    collect.check(workspace, batch)
    assert collect.merge(workspace, batch).kept == 0


@pytest.mark.parametrize(
    "change",
    [{"events_query": QUERY + " AND who <> 'x'"}, {"event_types": {"event": "sale"}}, {"sample": 0.999}],
)
def test_another_query_or_mapping_reads_from_the_beginning(workspace, params, change):
    collected(workspace, params)
    assert collect.read(workspace, params).read == 1
    assert collect.read(workspace, params.model_copy(update=change)).read == 3


def test_a_bad_row_that_is_asked_for_again_is_told_once(workspace, params, shop):
    shop("INSERT INTO sales VALUES (NULL, 'tea', '2024-03-20 09:00:00', 1)")
    collected(workspace, params)
    assert refused(workspace) == [(4, "no user_id")]
    shop("DELETE FROM sales WHERE what = 'jam'")
    assert collected(workspace, params).quarantined == 1
    assert refused(workspace) == [(2, "no user_id")]


def test_what_is_released_is_asked_for_from_the_beginning(workspace, params, shop):
    shop("INSERT INTO sales VALUES (NULL, 'tea', '2024-03-01 09:00:00', 1)")
    collected(workspace, params)
    shop("UPDATE sales SET who = 'cleo' WHERE who IS NULL")
    assert collected(workspace, params).kept == 0
    assert refused(workspace) == [(4, "no user_id")]
    collect.release(workspace)
    assert collected(workspace, params).kept == 1
    assert refused(workspace) == []


def test_what_is_not_kept_is_not_asked_for(workspace, params, shop):
    shop(f"INSERT INTO sales VALUES ('zoe', 'tea', '{datetime.now() - timedelta(days=2)}', 1)")
    assert collected(workspace, params.model_copy(update={"keep_days": 10})).read == 1


def test_future_rows_are_not_asked_for(workspace, params, shop):
    shop(f"INSERT INTO sales VALUES ('zoe', 'tea', '{datetime.now() + timedelta(days=2)}', 1)")
    assert collected(workspace, params).read == 3


def test_rows_come_in_batches_and_are_numbered_through(workspace, params, shop, monkeypatch):
    monkeypatch.setattr("recpipe.collect.databases.BATCH_ROWS", 2)
    shop("INSERT INTO sales VALUES (NULL, 'tea', '2024-03-21 10:00:00', 1)")
    done = collected(workspace, params)
    assert (done.read, done.quarantined) == (4, 1)
    assert refused(workspace) == [(4, "no user_id")]


def test_types_of_event_and_the_zone_of_times_are_mapped(workspace, params):
    berlin = params.model_copy(update={"time_zone": "Europe/Berlin", "event_types": {"event": "purchase"}})
    collected(workspace, berlin)
    assert times(workspace)[0] == "2024-03-01 09:00:00"
    assert rows(workspace, "SELECT DISTINCT event_type FROM events") == [("purchase",)]


def test_times_may_be_numbers(workspace, params):
    query = (
        "SELECT who AS user_id, what AS item_id, unixepoch(at) AS timestamp FROM sales "
        "WHERE at >= :since AND at < :until"
    )
    collected(workspace, params.model_copy(update={"events_query": query}))
    assert times(workspace)[0] == "2024-03-01 10:00:00"


def test_ids_and_types_of_any_kind_come_through_and_do_nothing(workspace, params, shop):
    odd = ["'; DROP TABLE events; --", 'a"b', "line\nbreak", "🍵", "x" * 10_000, "12", " "]
    with sqlite3.connect(shop.path) as connection:
        connection.executemany(
            "INSERT INTO sales VALUES (?, 'odd', '2024-03-21', 1)", [(name,) for name in odd]
        )
    connection.close()
    collected(workspace, params)
    found = rows(workspace, "SELECT user_id FROM events WHERE item_id = 'odd'")
    assert sorted(name for (name,) in found) == sorted(odd[:-1])
    assert refused(workspace) == [(10, "no user_id")]


def test_a_database_that_breaks_in_mid_read_leaves_nothing_and_the_next_run_goes_on(
    workspace, params, shop, monkeypatch
):
    collected(workspace, params)
    lines = ", ".join(f"('u{n}', 'tea', '2024-04-01 10:00:00', 1)" for n in range(20_000))
    shop(f"INSERT INTO sales VALUES {lines}")
    monkeypatch.setattr("recpipe.collect.databases.BATCH_ROWS", 1000)
    whole = shop.path.read_bytes()
    half = len(whole) // 2 // 4096 * 4096
    shop.path.write_bytes(whole[:half] + b"\xff" * 8192 + whole[half + 8192 :])
    with pytest.raises(DataError, match="malformed"):
        collect.read(workspace, params)
    assert rows(workspace, "SELECT count(*) FROM events") == [(3,)]
    shop.path.write_bytes(whole)
    done = collected(workspace, params)
    assert (done.read, done.kept, done.duplicate) == (20_001, 20_000, 1)
