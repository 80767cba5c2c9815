"""Put users into named segments by rules: conditions on the user features, in SQL, from the parameters."""

from pathlib import Path

from recpipe.core.errors import ParameterError
from recpipe.core.store import DatabaseError, Store
from recpipe.features.draft import SnapshotDraft


def write_segments(store: Store, draft: SnapshotDraft) -> None:
    """Write `segments`: one row per user and moment, the segment NULL where no rule fits.

    Raises ParameterError naming a rule that cannot be evaluated, or two that fit one user at one moment.
    """
    path = draft.path("user_features")
    store.query("CREATE OR REPLACE TEMP TABLE met (feature_row BIGINT, segment VARCHAR)")
    for name, rule in draft.params.segments.items():
        _apply(store, path, name, rule)
    _refuse_overlaps(store, path)
    store.run_sql("features/segments", path=str(draft.path("segments")), user_features=str(path))


def _apply(store: Store, path: Path, name: str, rule: str) -> None:
    try:
        # a rule is SQL of the user's own, so it cannot be bound; a line of its own ends its comments
        store.query(
            "INSERT INTO met SELECT file_row_number, $name "
            f"FROM read_parquet($path, file_row_number = true) WHERE (\n{rule}\n)",
            name=name,
            path=str(path),
        )
    except DatabaseError as error:
        raise ParameterError(
            f"features.segments.{name}: {rule!r} is no condition on the user features "
            f"({str(error).splitlines()[0]})",
            '`recpipe features` lists them; e.g. "events >= 50 AND days_since_last < 30".',
        ) from None


def _refuse_overlaps(store: Store, path: Path) -> None:
    found = store.run_sql("features/overlapping_segments", user_features=str(path)).records()
    if found:
        first, second, *_ = found[0]["segments"]
        raise ParameterError(
            f"features.segments: {first} and {second} overlap; both fit user {found[0]['user_id']!r} "
            f"at the moment {found[0]['moment']!r}",
            f"Let one leave out the other: AND NOT ({{the rule of {first}}}).",
        )
