"""Make a checked draft the newest snapshot."""

from pathlib import Path
from typing import Any

from recpipe.core.columns import SNAPSHOT_TABLES
from recpipe.core.store import connect
from recpipe.features.draft import SCHEMA_VERSION, SnapshotDraft


def seal(draft: SnapshotDraft) -> str:
    """Give the draft its manifest and its name, let "newest" name it, and return the name.

    The name is the day of the newest event and a hash of the tables' bytes and the parameters: the same
    snapshot made again is the one that is here. Raises DataError if the draft was discarded.
    """
    if not draft.is_sealed:
        manifest = _manifest(draft)
        hashed = draft.draft.content_id(SCHEMA_VERSION, manifest["parameters"])
        draft.draft.name = f"{draft.split.newest:%Y%m%d}-{hashed}"
        draft.draft.seal(manifest)
    draft.workspace.snapshots.point("newest", draft.name)
    return draft.name


def _manifest(draft: SnapshotDraft) -> dict[str, Any]:
    with connect(None) as store:
        known_items = store.query(
            "SELECT count(*) FROM read_parquet($path) WHERE moment = 'test' AND events >= $minimum",
            path=str(draft.path("item_features")),
            minimum=draft.params.min_item_events,
        ).value()
    return {
        "schema_version": SCHEMA_VERSION,
        "parameters": draft.params.model_dump(mode="json"),
        "inputs": draft.inputs.manifest(),
        "split": draft.split.manifest(),
        "event_types": list(draft.inputs.event_types),
        "event_weights": list(draft.event_weights),
        "known_items": known_items,
        "rows": {table: _rows(draft.path(table)) for table in SNAPSHOT_TABLES},
    }


def _rows(path: Path) -> int:
    with connect(None) as store:
        return int(store.query("SELECT count(*) FROM read_parquet($path)", path=str(path)).value())
