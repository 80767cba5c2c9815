"""The source `sql` on a PostgreSQL server that the test starts."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest

from recpipe import collect
from recpipe.collect import CollectParams
from recpipe.core.errors import DataError, UnreachableError
from tests.collect.postgres import server
from tests.collect.shops import collected, rows, times

pytestmark = pytest.mark.slow

QUERY = """
    SELECT customer AS user_id, sku AS item_id, bought_at AS timestamp, paid AS value, what::text AS event_type
    FROM sales WHERE bought_at >= :since AND bought_at < :until ORDER BY bought_at
"""


@pytest.fixture(scope="module")
def address():
    with TemporaryDirectory(prefix="recpipe-postgres-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101
        with server(Path(folder) / "cluster") as address:
            yield address


@pytest.fixture
def shop(address):
    """A connection for the test, to fresh tables."""
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS sales, goods")
        connection.execute(
            "CREATE TABLE sales (customer bigint, sku uuid, bought_at timestamptz, paid numeric(8, 2), what text)"
        )
        yield connection


@pytest.fixture
def params(address, shop):
    return CollectParams(source="sql", database=address, events_query=QUERY)


TEA, JAM = "00000000-0000-0000-0000-0000000000aa", "00000000-0000-0000-0000-0000000000bb"


def sell(shop, *sales):
    shop.cursor().executemany("INSERT INTO sales VALUES (%s, %s, %s, %s, %s)", sales)


def test_the_types_of_a_real_database_come_through(workspace, params, shop):
    shop.execute(
        "CREATE TABLE goods (item_id uuid, title text, categories text[], price numeric, more jsonb, made date)"
    )
    shop.execute(
        "INSERT INTO goods VALUES (%s, 'Tea: 🍵 \"green\"', '{hot,drinks}', 2.50, '{\"organic\": true}', '2024-01-31')",
        [TEA],
    )
    sell(
        shop, (7, TEA, "2024-03-01 12:00:00+02", 2.5, "sale"), (8, JAM, "2024-07-01 12:00:00+00", None, None)
    )
    collected(
        workspace,
        params.model_copy(update={"items_query": "SELECT * FROM goods", "time_zone": "Europe/Berlin"}),
    )
    assert rows(workspace, "SELECT user_id, item_id, event_type, value FROM events ORDER BY event_at") == [
        ("7", TEA, "sale", 2.5),
        ("8", JAM, "event", None),
    ]
    assert times(workspace) == ["2024-03-01 10:00:00", "2024-07-01 12:00:00"]
    assert rows(workspace, "SELECT title, categories, price, attributes FROM items") == [
        (
            'Tea: 🍵 "green"',
            ["hot", "drinks"],
            2.5,
            '{"price":2.5,"more":{"organic":true},"made":"2024-01-31"}',
        )
    ]


def test_a_night_asks_a_zoned_column_for_what_is_new(workspace, params, shop):
    params = params.model_copy(update={"time_zone": "America/New_York", "late_days": 0.0})
    sell(shop, (1, TEA, "2024-03-01 12:00:00+00", 1, "sale"), (1, TEA, "2024-03-01 11:59:59+00", 1, "sale"))
    collected(workspace, params)
    sell(shop, (2, TEA, "2024-03-01 12:00:01+00", 1, "sale"))
    done = collected(workspace, params)
    assert (done.read, done.kept, done.duplicate) == (2, 1, 1)


def test_rows_are_fetched_from_the_server_in_batches(workspace, params, shop, monkeypatch):
    monkeypatch.setattr("recpipe.collect.databases.BATCH_ROWS", 1000)
    shop.execute(
        "INSERT INTO sales SELECT n, %s, '2024-01-01'::timestamptz + n * interval '1 s', 1, 'sale' FROM generate_series(1, 10000) n",
        [TEA],
    )
    assert collected(workspace, params).kept == 10_000


def test_a_server_that_goes_away_in_mid_read_leaves_nothing_and_the_next_run_goes_on(
    workspace, params, shop, monkeypatch
):
    sell(shop, (1, TEA, "2024-03-01 12:00:00+00", 1, "sale"))
    collected(workspace, params)
    shop.execute(
        "INSERT INTO sales SELECT n, %s, '2024-03-02'::timestamptz + n * interval '1 s', 1, 'sale' FROM generate_series(1, 60000) n",
        [TEA],
    )
    monkeypatch.setattr("recpipe.collect.databases.BATCH_ROWS", 1000)
    whole, seen = collect_put(), []

    def put_and_end_the_server_s_side(*args, **more):
        seen.append(1)
        if len(seen) == 5:
            others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND usename = 'shop'"
            shop.execute(others)
        return whole(*args, **more)

    with monkeypatch.context() as patched, pytest.raises(UnreachableError, match="does not answer"):
        patched.setattr("recpipe.collect.sources.sql.put_events", put_and_end_the_server_s_side)
        collect.read(workspace, params)
    assert len(seen) >= 5
    assert rows(workspace, "SELECT count(*) FROM events") == [(1,)]
    done = collected(workspace, params)
    assert (done.read, done.kept, done.duplicate) == (60_001, 60_000, 1)


def collect_put():
    from recpipe.collect.sources.sql import put_events

    return put_events


def test_a_query_that_the_server_refuses_is_no_trouble_of_the_line(params):
    wrong = params.model_copy(update={"events_query": QUERY.replace("sku", "skew")})
    with pytest.raises(DataError, match='column "skew" does not exist'):
        collect.preflight(wrong)
