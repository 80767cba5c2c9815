"""A few users in words, to look at before a snapshot is sealed."""

from typing import TYPE_CHECKING

from recpipe.core.store import connect
from recpipe.features.draft import SnapshotDraft

if TYPE_CHECKING:
    import pandas as pd


def portraits(draft: SnapshotDraft, users: int = 5) -> "pd.DataFrame":
    """Return the `users` with the most events: what they did, how long ago, their interests in words.

    One row a user at the moment "now": user_id, events, items, active_days, days_since_last, interests.
    """
    with connect(None) as store:
        found = store.run_sql("features/portraits", path=str(draft.path("user_features")), users=users)
        return found.frame()
