"""Up to where a source was read: what makes the next reading short."""

from datetime import datetime, timedelta

from recpipe.collect.params import CollectParams
from recpipe.core.store import Store


def watermark(store: Store, file: str) -> datetime | None:
    """Return the time (UTC) of the newest event that was taken in from `file`, None before the first."""
    if "ingested_files" not in store.tables():
        return None
    newest: datetime | None = store.run_sql("collect/watermark", file=file).value()
    return newest


def asked_since(store: Store, file: str, params: CollectParams) -> datetime | None:
    """Return the time (UTC) from which an incremental source is to be asked, None for its beginning.

    That is its newest event here, and `late_days` before that for events that came late.
    """
    newest = watermark(store, file)
    return newest - timedelta(days=params.late_days) if newest else None
