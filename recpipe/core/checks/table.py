"""Check the rows of one query against one suite."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from recpipe.core.checks.offenders import offending_rows
from recpipe.core.checks.report import CheckReport, CheckResult
from recpipe.core.errors import StageError
from recpipe.core.files import read_json
from recpipe.core.shipped import shipped


def check_table(
    suite: str, query: str, *, database: Path | None, report: Path | None, stop: bool = True
) -> CheckReport:
    """Run `expectations/<suite>.json` on the rows of `query`.

    `query` is a SELECT that DuckDB runs in `database` (opened read-only) or, where it is None, in
    memory, e.g. over Parquet files. Results are added to the JSON file `report`. Raises CheckError
    if a critical expectation fails (unless the caller does so later: `stop`), StageError if one cannot be
    evaluated.
    """
    _skip_costly_import()
    from recpipe.core.checks.engine import validate

    declared = read_json(shipped("expectations") / f"{suite}.json")
    results = [(_result(suite, outcome), outcome) for outcome in validate(declared, query, database)]
    found = CheckReport(
        tuple(
            result
            if result.success
            else replace(result, rows=offending_rows(outcome["expectation_config"], query, database))
            for result, outcome in results
        )
    )
    if report is not None:
        found.add_to(report)
    if stop:
        found.raise_critical()
    return found


def _skip_costly_import() -> None:
    """Save 1.4 CPU seconds a kernel.

    When jsonschema is imported, rfc3987_syntax compiles a grammar of IRIs, a format that nothing here
    checks; jsonschema does without where that package is absent.
    """
    sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]


def _result(suite: str, outcome: dict[str, Any]) -> CheckResult:
    config = outcome["expectation_config"]
    error = next((info["exception_message"] for info in _exceptions(outcome) if info["raised_exception"]), "")
    if error:
        raise StageError(f"expectations/{suite}.json: {config['type']} cannot be evaluated: {error}")
    columns = config["kwargs"].get("column_list", [config["kwargs"].get("column", "")])
    columns = config["kwargs"].get("column_set", columns)
    return CheckResult(
        suite=suite,
        expectation=_readable(config),
        column=", ".join(columns),
        severity=config["meta"]["severity"],
        success=outcome["success"],
        observed=_observed(outcome.get("result") or {}),
        why=config["meta"]["why"],
    )


def _readable(config: dict[str, Any]) -> str:
    """Name an expectation: its `meta.name` where SQL says what is expected, else its type."""
    name = config["meta"].get("name") or config["type"].removeprefix("expect_")
    bounds = [
        f"{key} {config['kwargs'][key]}" for key in ("min_value", "max_value") if key in config["kwargs"]
    ]
    return " ".join([name.replace("_", " "), *bounds])


def _observed(result: dict[str, Any]) -> str:
    if result.get("unexpected_count") is not None:
        share = result.get("unexpected_percent") or 0.0
        return f"{result['unexpected_count']:,} unexpected rows ({share:.2g} %)"
    return str(result.get("observed_value", ""))


def _exceptions(outcome: dict[str, Any]) -> list[dict[str, Any]]:
    """Great Expectations gives one exception, or one a metric."""
    info = outcome.get("exception_info") or {"raised_exception": False}
    return [info] if "raised_exception" in info else list(info.values())
