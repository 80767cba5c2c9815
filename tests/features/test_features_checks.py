import json

import pytest

from recpipe import features
from recpipe.core import store
from recpipe.core.errors import CheckError
from recpipe.core.shipped import shipped
from recpipe.core.workspace import Workspace
from recpipe.features.checks import READ_BY, checked_tables
from tests.features.small_shop import fill, write
from tests.features.spoilt_rows import (
    CATEGORIES,
    ITEM_LEAK,
    NO_INTERESTS,
    ONE_EACH,
    ORDER,
    SPOILT,
    TITLES,
    USER_LEAK,
    ann,
    item,
)


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A good draft, written once."""
    return write(fill(Workspace.open(tmp_path_factory.mktemp("shop"))), segments={"busy": "events > 3"})


@pytest.fixture
def good(written):
    """The good draft; what a test spoils is mended afterwards."""
    kept = {path: path.read_bytes() for path in written.folder.iterdir()}
    yield written
    for path, content in kept.items():
        path.write_bytes(content)


def spoil(draft, table, select):
    """Replace the rows of a table of the draft by what `select` makes of them."""
    path = str(draft.path(table))
    with store.connect(None) as memory:
        memory.query("CREATE TABLE rows AS FROM read_parquet($path)", path=path)
        memory.query(f"COPY ({select}) TO $path (FORMAT parquet)", path=path)


def refusals(draft, suite):
    """Return the names of the expectations of `suite` that refuse the draft's tables."""
    with checked_tables(draft) as database, store.connect(database, read_only=True) as opened:
        return {
            meta["name"]
            for query, meta in declared(suite)
            if opened.query(query.format(batch=f"checked_{suite}")).rows()
        }


def declared(suite):
    expectations = json.loads((shipped("expectations") / f"{suite}.json").read_text())["expectations"]
    return [(entry["kwargs"]["unexpected_rows_query"], entry["meta"]) for entry in expectations]


@pytest.mark.parametrize(("suite", "expectation", "table", "select"), SPOILT)
def test_spoilt_rows_are_refused_by_the_expectation_they_break(good, suite, expectation, table, select):
    spoil(good, table, select)
    assert expectation in refusals(good, suite)


@pytest.mark.parametrize("suite", READ_BY)
def test_good_rows_are_refused_by_none(good, suite):
    assert refusals(good, suite) == set()


def test_two_moments_in_the_test_part_of_a_user_are_refused_with_last_event(shop):
    with store.connect(shop.database) as database:
        database.query(
            "INSERT INTO events SELECT * REPLACE ('b' AS item_id) FROM events WHERE user_id = 'ann'"
        )
    draft = write(shop, split="last-event")
    assert refusals(draft, "interactions") == set()
    spoil(
        draft, "interactions", "SELECT * REPLACE (train_count - 1 AS train_count, 2 AS test_count) FROM rows"
    )
    assert ONE_EACH in refusals(draft, "interactions")


@pytest.mark.parametrize("suite", READ_BY)
def test_every_expectation_tells_why_and_has_rows_it_refuses(suite):
    metas = [meta for _, meta in declared(suite)]
    assert all(meta["why"] and meta["severity"] in {"critical", "warning"} for meta in metas)
    refused = {expectation for of_suite, expectation, _, _ in SPOILT if of_suite == suite}
    assert {meta["name"] for meta in metas} == refused | ({ONE_EACH} if suite == "interactions" else set())


def test_good_tables_pass_and_the_report_is_kept(shop, tmp_path):
    report = tmp_path / "checks.json"
    features.seal(write(shop))
    again = write(shop)
    found = features.check(again, report)
    assert found.failed("critical") == found.failed("warning") == []
    assert {entry["suite"] for entry in json.loads(report.read_text())} == set(READ_BY)
    assert "every user is in one segment or none" in report.with_suffix(".html").read_text()
    assert again.folder.exists()
    assert not list(shop.root.glob(".tmp-*")), "the database made for the check is gone"


def test_a_failure_tells_the_rows_by_their_keys(shop, tmp_path):
    draft = write(shop)
    spoil(draft, "user_features", ann("events + 1", "events"))
    with pytest.raises(CheckError):
        features.check(draft, tmp_path / "checks.json")
    [leak] = [
        entry
        for entry in json.loads((tmp_path / "checks.json").read_text())
        if entry["expectation"] == USER_LEAK
    ]
    assert {(row["user_id"], row["moment"]) for row in leak["rows"]} == {
        ("ann", moment) for moment in ("validation", "test", "now")
    }


def test_warnings_are_reported_and_stop_nothing(empty):
    draft = write(fill(empty, items=[]))
    found = features.check(draft)
    assert {result.expectation for result in found.failed("warning")} == {NO_INTERESTS, TITLES, CATEGORIES}
    assert features.seal(draft) == empty.snapshots.pointed("newest")


@pytest.mark.parametrize(
    ("table", "select", "message"),
    [
        ("interactions", ann("list_reverse(event_ats)", "event_ats"), ORDER),
        ("user_features", ann("events + 1", "events"), USER_LEAK),
        ("item_features", item(1, "events + 1", "events"), ITEM_LEAK),
    ],
)
def test_a_critical_failure_leaves_no_snapshot_and_the_one_before_stays_newest(shop, table, select, message):
    before = features.seal(write(shop))
    draft = write(shop, recent_days=4)
    spoil(draft, table, select)
    with pytest.raises(CheckError, match=message):
        features.check(draft)
    assert not list(shop.snapshots.root.glob(".tmp-*"))
    assert shop.snapshots.names() == [before]
    assert shop.snapshots.pointed("newest") == before
