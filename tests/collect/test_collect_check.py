"""Each expectation of expectations/events.json is fed the row that it must refuse."""

import json
from contextlib import suppress
from datetime import datetime, timedelta

import pytest

from recpipe import collect
from recpipe.core.checks import check_table
from recpipe.core.errors import CheckError
from recpipe.core.shipped import shipped
from recpipe.core.store import connect
from tests.collect.shops import THREE, files, write

FUTURE = datetime.now() + timedelta(days=3)

CAKE = "UPDATE staged_events SET {} WHERE item_id = 'cake'"
MANY = (
    "INSERT INTO staged_events BY NAME SELECT {} AS user_id, 'i' AS item_id, {} AS event_type, "
    "TIMESTAMP '2024-01-01' AS event_at FROM range(2000)"
)
COUNT = "column unique value count to be between"

BAD = {
    "table columns to match set: ingestion_id, file, row_number, user_id, item_id, event_type, event_at, value, event_order, event_id": (
        "ALTER TABLE staged_events DROP row_number"
    ),
    "column values to not be null: user_id": CAKE.format("user_id = NULL"),
    "column values to not be null: item_id": CAKE.format("item_id = NULL"),
    "column values to not be null: event_at": CAKE.format("event_at = NULL"),
    "ids are not blank: ": CAKE.format("user_id = ' '"),
    "times lie between 1971 and 2100: ": CAKE.format("event_at = '1970-01-20'"),
    "no event lies in the future: ": CAKE.format(f"event_at = '{FUTURE}'"),
    f"{COUNT} min_value 1 max_value 100: event_type": MANY.format("'u'", "range"),
    "values are finite: ": CAKE.format("value = 'inf'"),
    f"{COUNT} min_value 2: user_id": "UPDATE staged_events SET user_id = 'ben'",
    f"{COUNT} min_value 2: item_id": CAKE.format("item_id = 'tea'"),
    "users come more than once: ": MANY.format("range", "'event'"),
}


def failed(workspace, tmp_path, change):
    """Check what is staged after `change`; name what failed."""
    with connect(workspace.database) as store:
        store.query(change)
    report = tmp_path / "checks.json"
    query = (
        "SELECT * EXCLUDE (reason, bad_column, bad_value, content) FROM staged_events WHERE reason IS NULL"
    )
    with suppress(CheckError):
        check_table("events", query, database=workspace.database, report=report)
    results = json.loads(report.read_text())
    return {f"{result['expectation']}: {result['column']}" for result in results if not result["success"]}


@pytest.fixture
def batch(workspace, tmp_path):
    return collect.read(workspace, files(write(tmp_path, "e.csv", THREE)))


@pytest.mark.parametrize("expectation", BAD)
def test_the_row_that_it_must_refuse_is_refused(workspace, batch, tmp_path, expectation):
    assert expectation in failed(workspace, tmp_path, BAD[expectation])


def test_every_expectation_has_its_bad_row_and_its_reason():
    suite = json.loads((shipped("expectations") / "events.json").read_text())
    assert len(suite["expectations"]) == len(BAD)
    assert all(expectation["meta"]["why"] for expectation in suite["expectations"])


def test_good_rows_pass_and_the_report_is_kept(workspace, batch, tmp_path):
    report = collect.check(workspace, batch, report=tmp_path / "checks.json")
    assert [result for result in report.results if not result.success] == []
    assert [result.suite for result in report.results].count("events") == len(BAD)
    assert len(json.loads((tmp_path / "checks.json").read_text())) == len(report.results)


def test_a_critical_failure_stops_before_anything_is_merged(workspace, tmp_path):
    stale = THREE.replace("2024-03-01T10:00:00Z", "1970-01-02")
    batch = collect.read(workspace, files(write(tmp_path, "e.csv", stale), earliest="0001-01-01"))
    with pytest.raises(CheckError, match="unit or the format of the timestamps was mistaken"):
        collect.check(workspace, batch)
