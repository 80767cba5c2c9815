from pathlib import Path

import pytest

from recpipe.core import checks, store
from recpipe.core.checks import table
from recpipe.core.errors import CheckError, StageError
from recpipe.core.files import read_json, write_json

NOT_NULL = {
    "type": "expect_column_values_to_not_be_null",
    "kwargs": {"column": "user_id"},
    "meta": {"why": "an event without a user belongs to nobody", "severity": "critical"},
}
SMALL = {
    "type": "unexpected_rows_expectation",
    "kwargs": {"unexpected_rows_query": "SELECT * FROM {batch} WHERE amount > 2"},
    "meta": {"name": "amounts are small", "why": "large ones are typos", "severity": "warning"},
}


@pytest.fixture
def suite(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(table, "shipped", lambda folder: tmp_path)

    def declare(*expectations: dict) -> None:
        write_json(tmp_path / "things.json", {"name": "things", "expectations": list(expectations)})

    return declare


@pytest.fixture
def database(tmp_path: Path) -> Path:
    path = tmp_path / "things.duckdb"
    with store.connect(path) as opened:
        opened.query("CREATE TABLE things AS FROM (VALUES ('a', 1), (NULL, 3)) AS t (user_id, amount)")
    return path


def test_a_critical_failure_raises_and_says_why(suite, database: Path, tmp_path: Path) -> None:
    suite(NOT_NULL)
    with pytest.raises(CheckError, match="an event without a user belongs to nobody"):
        checks.check_table(
            "things", "SELECT * FROM things", database=database, report=tmp_path / "checks.json"
        )
    assert read_json(tmp_path / "checks.json")[0]["success"] is False


def test_a_warning_is_reported_and_does_not_raise(suite, database: Path) -> None:
    suite(SMALL)
    report = checks.check_table("things", "SELECT * FROM things", database=database, report=None)
    assert [result.expectation for result in report.failed("warning")] == ["amounts are small"]
    assert report.failed("critical") == []


def test_rows_that_meet_every_expectation_pass_in_memory_too(suite) -> None:
    suite(NOT_NULL, SMALL)
    report = checks.check_table("things", "SELECT 'a' AS user_id, 1 AS amount", database=None, report=None)
    assert [result.success for result in report.results] == [True, True]


def test_the_report_keeps_other_suites(suite, database: Path, tmp_path: Path) -> None:
    suite(SMALL)
    path = tmp_path / "checks.json"
    write_json(path, [{"suite": "others"}])
    for _ in range(2):
        checks.check_table("things", "SELECT * FROM things", database=database, report=path)
    assert [result["suite"] for result in read_json(path)] == ["others", "things"]


def test_a_check_leaves_no_lock_behind(suite, database: Path) -> None:
    suite(SMALL)
    checks.check_table("things", "SELECT * FROM things", database=database, report=None)
    with store.connect(database, wait_seconds=0) as opened:
        opened.query("INSERT INTO things VALUES ('b', 1)")


def test_an_expectation_of_an_absent_column_is_a_stage_error(suite, database: Path) -> None:
    suite(NOT_NULL | {"kwargs": {"column": "nobody"}})
    with pytest.raises(StageError, match=r"things\.json"):
        checks.check_table("things", "SELECT * FROM things", database=database, report=None)


def test_great_expectations_still_needs_our_engine(database: Path) -> None:
    """When this fails, Great Expectations reads DuckDB by itself: delete core/checks/engine.py."""
    import great_expectations as gx

    source = gx.get_context(mode="ephemeral").data_sources.add_sql(
        name="plain", connection_string=f"duckdb:///{database}", create_temp_table=False
    )
    asset = source.add_query_asset("rows", query="SELECT * FROM things")
    batch = asset.get_batch(asset.build_batch_request())
    outcome = batch.validate(gx.expectations.ExpectColumnValuesToNotBeNull(column="amount"))
    assert not outcome.success, "amount is never null, so a failure is Great Expectations' own"


def test_every_shipped_expectation_tells_its_reason_and_its_severity() -> None:
    from recpipe.core.shipped import shipped

    suites = sorted(shipped("expectations").glob("*.json"))
    assert suites
    for path in suites:
        suite = read_json(path)
        assert suite["name"] == path.stem
        for expectation in suite["expectations"]:
            assert len(expectation["meta"]["why"]) > 10
            assert expectation["meta"]["severity"] in ("critical", "warning")
