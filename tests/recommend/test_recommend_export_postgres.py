"""The export to a table of PostgreSQL, on a server that the test starts."""

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Event, Thread

import psycopg
import pytest

from recpipe import recommend
from recpipe.core.errors import DataError
from tests.collect.postgres import server
from tests.recommend.test_recommend_export_sql import half_way, publish

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def address():
    with TemporaryDirectory(prefix="recpipe-postgres-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101
        with server(Path(folder) / "cluster") as address:
            yield address


@pytest.fixture
def shop(address):
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield connection


def listed(shop, user):
    places = "SELECT item_id FROM recommendations WHERE user_id = %s ORDER BY rank"
    return [item for (item,) in shop.execute(places, [user])]


def tables(shop):
    found = shop.execute(
        "SELECT tablename FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    return [name for (name,) in found]


def test_the_table_holds_every_recommendation_and_is_replaced_whole(published, shop, address):
    assert recommend.export(published, address) == 12
    assert listed(shop, "dan") == ["c1", "a1", "b1"]
    publish(published, k=1)
    for _ in range(2):
        recommend.export(published, address)
    assert listed(shop, "dan") == ["c1"]
    assert tables(shop) == ["recommendations"]
    (kind,) = shop.execute("SELECT DISTINCT pg_typeof(generated_at)::text FROM recommendations").fetchone()
    assert kind == "timestamp with time zone"


def test_an_export_that_fails_half_way_leaves_the_old_table_as_it_was(published, shop, address, monkeypatch):
    recommend.export(published, address)
    publish(published, k=1)
    half_way(monkeypatch)
    with pytest.raises(DataError, match="the power went"):
        recommend.export(published, address)
    assert listed(shop, "dan") == ["c1", "a1", "b1"]
    assert tables(shop) == ["recommendations"]


def test_a_view_on_the_old_table_refuses_the_export_and_all_stays(published, shop, address):
    recommend.export(published, address)
    shop.execute("CREATE VIEW first AS SELECT * FROM recommendations WHERE rank = 1")
    publish(published, k=1)
    with pytest.raises(DataError, match="The old table is as it was"):
        recommend.export(published, address)
    assert listed(shop, "dan") == ["c1", "a1", "b1"]
    assert tables(shop) == ["recommendations"]


def test_a_schema_may_be_named(published, shop, address):
    shop.execute("CREATE SCHEMA IF NOT EXISTS web")
    for _ in range(2):
        recommend.export(published, address, name="web.for_you")
    assert shop.execute("SELECT count(*) FROM web.for_you").fetchone() == (12,)
    shop.execute("DROP SCHEMA web CASCADE")


def test_who_reads_meanwhile_sees_the_old_rows_or_the_new(published, shop, address):
    recommend.export(published, address)
    publish(published, k=1)
    ended, seen = Event(), set()

    def read():
        with psycopg.connect(address, autocommit=True) as reader:
            while not ended.is_set():
                seen.update(reader.execute("SELECT count(*) FROM recommendations").fetchall())

    thread = Thread(target=read)
    thread.start()
    try:
        for _ in range(5):
            recommend.export(published, address)
    finally:
        ended.set()
        thread.join()
    assert seen <= {(12,), (4,)}
    assert (4,) in seen
