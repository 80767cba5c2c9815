"""A run's report as artifacts: the report itself, and tables whose history over runs can be compared."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from prefect.artifacts import create_markdown_artifact, create_table_artifact

from flows.links import link_to
from recpipe.core.errors import RecpipeError
from recpipe.core.workspace import Workspace
from recpipe.run.record import Run
from recpipe.run.report import Facts, make_report, read_facts, write_report
from recpipe.run.results import StageResult

KEY = "run-report"
DESCRIPTIONS = {
    "checks": "Expectations of this run",
    "bench-card": "Everyone on the same test",
    "gate": "How the challenger kept each rule",
}


@contextmanager
def reported(run: Run, workspace: Workspace) -> Iterator[list[StageResult]]:
    """Yield the list of a run's results, to be filled stage by stage; report on it, however the run ends.

    Not where it is interrupted.
    """
    results: list[StageResult] = []
    try:
        yield results
    except RecpipeError as error:
        with suppress(OSError):  # on a full disk the error itself says more than its report
            _report(read_facts(run.folder, workspace, results, run.stage, error))
        raise
    _report(read_facts(run.folder, workspace, results))


def _report(facts: Facts) -> None:
    report = make_report(facts)
    write_report(report, facts.folder)
    create_markdown_artifact(report.markdown(address_of), key=KEY, description="What this run did")
    for key, table in report.tables.items():
        create_table_artifact(table.records(), key=key, description=DESCRIPTIONS[key])


def address_of(path: str) -> str:
    """Return where a path, with the anchor that may stand behind it, is read in a browser; "" if nowhere."""
    file, hash_, anchor = path.partition("#")
    address = link_to(Path(file))
    return f"{address}{hash_}{anchor}" if address else ""
