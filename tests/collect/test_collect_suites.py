"""The suites batch, items and users: each expectation is fed the row that it must refuse."""

import json

import pytest

from recpipe import collect
from recpipe.core.checks import check_table
from recpipe.core.errors import CheckError
from recpipe.core.shipped import shipped
from recpipe.core.store import connect
from tests.collect.shops import HEADER, THREE, collected, files, rows, write


def item(**columns):
    """A spoilt row of staged_items."""
    values = {"item_id": "'x'", "categories": "[]", "attributes": "'{}'", "price": "1"} | columns
    chosen = ", ".join(f"{value} AS {name}" for name, value in values.items())
    return f"INSERT INTO staged_items BY NAME SELECT {chosen}"


def user(user_id, attributes="'{}'"):
    return f"INSERT INTO staged_users BY NAME SELECT {user_id} AS user_id, {attributes} AS attributes"


def figures(**columns):
    """A spoilt row of staged_figures; what is not named is unsuspicious."""
    chosen = ", ".join(f"{value} AS {name}" for name, value in columns.items())
    return f"INSERT INTO staged_figures BY NAME SELECT {chosen}"


BAD = {
    "items": {
        "column values to not be null": item(item_id="NULL"),
        "ids are not blank": item(item_id="' '"),
        "attributes are JSON objects": item(attributes="'[1]'"),
        "column values to be between min_value 0.0 max_value 1000000000000.0": item(price="-1"),
        "items stand once": item(),
        "an item is available before it ends": item(
            available_from="TIMESTAMP '2024-02-01'", available_until="TIMESTAMP '2024-01-01'"
        ),
        "most items have a title": "UPDATE staged_items SET title = NULL",
        "most items have a category": "UPDATE staged_items SET categories = []",
        "some items occur in events": "UPDATE staged_events SET item_id = 'other'",
    },
    "users": {
        "column values to not be null": user("NULL"),
        "ids are not blank": user("' '"),
        "attributes are JSON objects": user("'zoe'", "'broken'"),
        "users stand once": user("'anna'"),
        "some users occur in events": "UPDATE staged_events SET user_id = 'other'",
    },
    "batch": {
        "there are events": figures(earlier_runs=1, read_rows=0),
        "as many events as usual": figures(earlier_runs=3, usual_rows=100, read_rows=49),
        "the newest event is fresh": figures(fresh_days=2, age_days=2.5),
        "types of event are distributed as before": figures(usable_rows=100, type_distance=0.4),
        "most events are of described items": figures(usable_rows=100, unknown_item_share=0.6),
        "no reason for quarantine is too frequent": (
            "INSERT INTO staged_reasons VALUES ('any', 60, 100, 0.6, 0.5, NULL)"
        ),
        "every row is usable": "INSERT INTO staged_reasons VALUES ('no user_id', 1, 100, 0.01, 1, NULL)",
    },
}
SCHEMA = "table columns to match set"


@pytest.fixture
def batch(workspace, tmp_path):
    items = write(tmp_path, "i.csv", "item_id,title,categories\ntea,Tea,drinks\ncake,Cake,food\n")
    users = write(tmp_path, "u.csv", "user_id,city\nanna,A\nben,B\n")
    return collect.read(workspace, files(write(tmp_path, "e.csv", THREE), items=items, users=users))


def failed(workspace, suite, *changes):
    """Check what is staged after `changes`: what failed, with the rows that were refused."""
    with connect(workspace.database) as store:
        for change in changes:
            store.query(change)
    query = "SELECT * FROM staged_figures"
    if suite != "batch":
        query = f"SELECT * EXCLUDE (reason, bad_column, bad_value, content) FROM staged_{suite} WHERE reason IS NULL"
    report = check_table(suite, query, database=workspace.database, report=None, stop=False)
    return {result.expectation: result.rows for result in report.results if not result.success}


@pytest.mark.parametrize("suite", BAD)
def test_each_expectation_refuses_its_row_and_shows_it(workspace, batch, suite):
    shown = failed(workspace, suite, *BAD[suite].values())
    assert set(shown) == set(BAD[suite])
    assert all(shown.values())


@pytest.mark.parametrize("suite", ["items", "users"])
def test_a_table_without_a_column_is_refused(workspace, batch, suite):
    assert set(failed(workspace, suite, f"ALTER TABLE staged_{suite} DROP row_number")) == {SCHEMA}


def test_every_expectation_has_its_bad_row():
    for suite, bad in BAD.items():
        declared = json.loads((shipped("expectations") / f"{suite}.json").read_text())["expectations"]
        assert len(declared) == len(bad) + (suite != "batch")


def test_good_rows_pass_and_are_shown_on_a_page_that_needs_nothing_from_elsewhere(workspace, batch, tmp_path):
    found = collect.check(workspace, batch, report=tmp_path / "checks.json")
    assert [result for result in found.results if not result.success] == []
    assert {result.suite for result in found.results} == {"batch", "events", "items", "users"}
    shown = (tmp_path / "checks.html").read_text()
    assert "0 failed" in shown
    assert "http" not in shown
    assert "src=" not in shown


def spoilt(bad):
    lines = [f"u{n % 7},i{n % 5},2024-01-{1 + n % 28:02}T{n % 24:02}:{n % 60:02}" for n in range(200)]
    return "\n".join([HEADER, *("," + line if n < bad else line for n, line in enumerate(lines))])


@pytest.mark.parametrize(
    ("bad", "limits", "stopping"), [(90, {}, 0), (110, {}, 1), (10, {"any": 0.04}, 1), (110, {"any": 1}, 0)]
)
def test_how_many_bad_rows_are_too_many_is_a_parameter(workspace, tmp_path, bad, limits, stopping):
    collect.read(workspace, files(write(tmp_path, "e.csv", spoilt(bad)), stop_shares=limits))
    assert rows(workspace, "SELECT count(*) FROM staged_reasons WHERE share > most") == [(stopping,)]


def test_too_many_bad_rows_stop_the_stage(workspace, tmp_path):
    batch = collect.read(workspace, files(write(tmp_path, "e.csv", spoilt(110))))
    with pytest.raises(CheckError, match="no reason for quarantine is too frequent"):
        collect.check(workspace, batch, report=tmp_path / "checks.json")
    assert "too many columns" in (tmp_path / "checks.html").read_text()


def test_a_limit_for_a_reason_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="there is no reason 'no usr_id'"):
        files("e.csv", stop_shares={"no usr_id": 0.1})


def test_what_this_reading_brought_is_set_beside_the_last_ones(workspace, tmp_path):
    with_types = f"{HEADER},event_type\n"
    for night in range(3):
        content = "".join(f"u{n},i{n % 3},2024-01-0{night + 1},view\n" for n in range(10))
        collected(workspace, files(write(tmp_path, f"{night}.csv", with_types + content)))
    items = write(tmp_path, "i.csv", "item_id\ni0\ni1\n")
    last = write(tmp_path, "3.csv", f"{with_types}u,i0,2024-01-04,view\nu,i9,2024-01-04,buy\n")
    collect.read(workspace, files(last, items=items, fresh_days=7))
    with connect(workspace.database, read_only=True) as store:
        (told,) = store.query("FROM staged_figures").records()
    assert (told["earlier_runs"], told["usual_rows"], told["read_rows"]) == (3, 10, 2)
    assert (told["type_distance"], told["unknown_item_share"], told["fresh_days"]) == (0.5, 0.5, 7)
    assert told["age_days"] > 300
