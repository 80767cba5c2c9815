"""Equal inputs give equal bytes, and other bytes another name."""

import pytest

from recpipe import features
from recpipe.core import store
from recpipe.core.errors import DataError
from recpipe.core.files import file_hash
from recpipe.core.workspace import Workspace
from recpipe.features import FeaturesParams
from tests.features.small_shop import EVENTS, ITEMS, USERS, fill, make_tables, write
from tests.tiny import alter

TABLES = ("interactions", "items", "user_features", "item_features")


def hashes(draft):
    return {table: file_hash(draft.path(table)) for table in TABLES}


def test_the_same_events_in_another_order_give_the_same_bytes(tmp_path):
    forth = write(fill(Workspace.open(tmp_path / "forth")))
    back = write(fill(Workspace.open(tmp_path / "back"), EVENTS[::-1], ITEMS[::-1], USERS[::-1]))
    assert hashes(forth) == hashes(back)
    assert features.seal(forth) == features.seal(back)


@pytest.mark.parametrize("split", ["time", pytest.param("last-event", marks=pytest.mark.slow)])
def test_more_users_than_a_row_group_give_the_same_bytes_whatever_the_order(tmp_path, split):
    """25,000 users fill one row group and a bit, on as many threads as there are."""
    drafts = []
    for number, order in enumerate(["n", "hash(n + 1)"]):
        workspace = Workspace.open(tmp_path / str(number))
        with store.connect(workspace.database) as database:
            make_tables(database)
            fill_many(database, order)
        drafts.append(write(workspace, split=split))
    assert hashes(drafts[0]) == hashes(drafts[1])


def fill_many(database, order):
    """Insert three events for each of 25,000 users, in the given order of their numbers n."""
    database.query(
        f"""
        INSERT INTO items
        SELECT 'i' || i, NULL, ['c' || i % 7, 'd' || i % 31, 'e'], '{{}}', NULL, NULL, NULL FROM range(997) AS t (i);
        INSERT INTO events
        SELECT 'u' || n % 25000, 'i' || n % 997, 'view',
            TIMESTAMP '2024-01-01' + to_seconds(hash(n) % 5000000), NULL, NULL, 'i1'
        FROM range(75000) AS t (n)
        ORDER BY {order}
        """
    )


def test_the_same_snapshot_made_again_is_the_one_that_is_here(shop):
    name = features.seal(write(shop))
    made_at = shop.snapshots.manifest(name)["created_at"]
    assert features.seal(write(shop)) == name
    assert shop.snapshots.manifest(name)["created_at"] == made_at
    assert [path.name for path in shop.snapshots.root.iterdir() if path.name.startswith(".tmp")] == []


def test_tables_that_an_edited_notebook_changed_are_another_snapshot(shop):
    name = features.seal(write(shop))
    edited = write(shop)
    with store.connect(None) as opened:
        path = str(edited.path("user_features"))
        opened.query("CREATE TABLE kept AS FROM read_parquet($path) WHERE user_id <> 'cat'", path=path)
        opened.query("COPY kept TO $path", path=path)
    assert features.seal(edited) != name


def test_using_an_older_snapshot_again_makes_it_the_newest(shop):
    first = features.seal(write(shop))
    second = features.seal(write(shop, recent_days=7))
    assert shop.snapshots.pointed("newest") == second != first
    features.seal(write(shop))
    assert shop.snapshots.pointed("newest") == first


def test_a_damaged_snapshot_is_replaced_when_it_is_made_again(shop):
    name = features.seal(write(shop))
    alter(shop.snapshots.path(name) / "items.parquet")
    with pytest.raises(DataError, match=rf"items.parquet: altered since snapshot {name}"):
        shop.snapshots.verify(name)
    assert features.seal(write(shop)) == name
    assert shop.snapshots.verify(name)


@pytest.mark.parametrize("change", ["an event more", "a type", "a title", "an attribute"])
def test_other_content_gives_another_name(shop, change):
    before = features.seal(write(shop))
    statements = {
        "an event more": "INSERT INTO events SELECT * REPLACE ('z' AS user_id) FROM events LIMIT 1",
        "a type": "UPDATE events SET event_type = 'view' WHERE user_id = 'cat'",
        "a title": "UPDATE items SET title = 'Bread' WHERE item_id = 'a'",
        "an attribute": "UPDATE users SET attributes = '{}' WHERE user_id = 'ann'",
    }
    with store.connect(shop.database) as database:
        database.query(statements[change])
    assert features.seal(write(shop)) != before


def test_when_and_by_which_ingestion_events_came_changes_nothing(shop):
    before = features.seal(write(shop))
    with store.connect(shop.database) as database:
        database.query("UPDATE events SET ingestion_id = 'another'")
    assert features.seal(write(shop)) == before


def test_events_that_come_in_between_are_noticed(shop):
    draft = features.open_draft(shop, FeaturesParams())
    with store.connect(shop.database) as database:
        database.query("INSERT INTO events SELECT * REPLACE ('zoe' AS user_id) FROM events")
    with pytest.raises(DataError, match="events changed since snapshot"):
        features.write_histories(draft)
