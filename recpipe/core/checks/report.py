"""What a check found, one line an expectation."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from recpipe.core.checks.page import page
from recpipe.core.errors import CheckError
from recpipe.core.files import read_json, write_json, write_text

if TYPE_CHECKING:
    import pandas as pd

Severity = Literal["critical", "warning"]


@dataclass(frozen=True)
class CheckResult:
    """One expectation, and what was observed instead where it failed.

    `rows` are the first offending rows, with the columns to find them again by, as text.
    """

    suite: str
    expectation: str
    column: str
    severity: Severity
    success: bool
    observed: str
    why: str
    rows: tuple[Mapping[str, str], ...] = ()

    def sentence(self) -> str:
        """Say it in one line: what was expected, of what, what was seen and why it matters."""
        subject = f" of {self.column}" if self.column else ""
        return f"{self.suite}: {self.expectation}{subject}: {self.observed} ({self.why})"


@dataclass(frozen=True)
class CheckReport:
    """The results of one or more suites."""

    results: tuple[CheckResult, ...]

    def failed(self, severity: Severity) -> list[CheckResult]:
        """Return the failed expectations of that severity."""
        return [result for result in self.results if not result.success and result.severity == severity]

    def frame(self) -> "pd.DataFrame":
        """Return one row an expectation, for notebooks."""
        import pandas as pd

        return pd.DataFrame([asdict(result) for result in self.results])

    def raise_critical(self) -> None:
        """Raise CheckError naming every critical expectation that failed."""
        failed = self.failed("critical")
        if failed:
            raise CheckError(
                "refused by critical expectations:\n"
                + "\n".join(f"- {result.sentence()}" for result in failed),
                "Mend the data at the source, or change the expectation's severity in expectations/.",
            )

    def add_to(self, path: Path) -> None:
        """Write the results as JSON, and beside it as a page; those of other suites in the file are kept."""
        suites = {result.suite for result in self.results}
        before: list[dict[str, Any]] = read_json(path) if path.exists() else []
        kept = [result for result in before if result["suite"] not in suites]
        results = kept + [asdict(result) for result in self.results]
        write_json(path, results)
        write_text(path.with_suffix(".html"), page(results))
