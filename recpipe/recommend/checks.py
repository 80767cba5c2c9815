"""Check lists before anybody can read them."""

from pathlib import Path

from recpipe.core.checks import CheckReport, check_table
from recpipe.core.store import connect, temporary_database
from recpipe.core.workspace import Workspace
from recpipe.recommend.lists import Lists

SUITE = "recommendations"


def check(workspace: Workspace, lists: Lists, report: Path | None = None) -> CheckReport:
    """Run the suite `recommendations` on the parts of the draft, and write `report` (JSON) if given.

    The draft is discarded when a critical expectation fails (CheckError): what was published before
    stays current.
    """
    try:
        return _check(workspace, lists, report)
    except BaseException:
        lists.draft.discard()
        raise


def _check(workspace: Workspace, lists: Lists, report: Path | None) -> CheckReport:
    with temporary_database(workspace.root) as database:
        with connect(database) as store:
            # joined once and kept: each expectation then costs one scan
            store.run_sql(
                "recommend/checked_lists",
                lists=str(lists.draft.folder / "part-*.parquet"),
                interactions=str(lists.snapshot.folder / "interactions.parquet"),
                items=str(lists.snapshot.folder / "items.parquet"),
                vocabulary=str(workspace.models.path(lists.model) / "vocabulary.parquet"),
                seen=lists.params.seen,
                k=lists.params.k,
            )
        return check_table(SUITE, "SELECT * FROM checked_lists", database=database, report=report)
