"""The door to Great Expectations: suites of `expectations/`, run on DuckDB by SQL.

Importing Great Expectations takes seconds, so it is imported when the first check runs.
"""

from recpipe.core.checks.report import CheckReport, CheckResult
from recpipe.core.checks.table import check_table

__all__ = ["CheckReport", "CheckResult", "check_table"]
