"""Events of a snapshot as one flat table, to look at: a sample of users, small enough for pandas."""

from typing import TYPE_CHECKING

import numpy as np

from recpipe.core import columns as c
from recpipe.core.snapshot import Histories, Snapshot
from recpipe.core.workspace import Workspace

if TYPE_CHECKING:
    import pandas as pd

MAX_EVENTS = 2_000_000


def sample_events(
    workspace: Workspace, snapshot: str = "", *, max_events: int = MAX_EVENTS, seed: int = 1
) -> "pd.DataFrame":
    """Return whole histories of users drawn at random, one row an event, ordered by user and time.

    Columns: `user_id`, `item_id`, `title`, `category` (top of the path, "" without), `price`, `event_type`,
    `event_at` (UTC), `is_repeat`: whether the user had the item before. Users are drawn in blocks as they lie
    in the snapshot ("" = the newest), until another block would be more than `max_events`; one is always
    drawn. Reads Parquet only: a run at work is not disturbed. Raises DataError if there is no snapshot.
    """
    opened = Snapshot.open(workspace, snapshot)
    sizes = opened.group_sizes[:, 1]
    drawn = np.random.default_rng(seed).permutation(len(sizes))
    fitting = np.cumsum(sizes[drawn]) <= max_events
    fitting[:1] = True
    return _flat(opened, opened.histories(sorted(drawn[fitting].tolist())))


def _flat(snapshot: Snapshot, histories: Histories) -> "pd.DataFrame":
    import pandas as pd

    users = np.repeat(np.arange(len(histories)), histories.lengths)
    items = snapshot.items().select([c.ITEM_ID, c.TITLE, c.CATEGORIES, c.PRICE]).to_pandas()
    items["category"] = items.pop(c.CATEGORIES).str[0].fillna("")
    events = items.iloc[histories.items - 1].reset_index(drop=True)
    types = np.array(["", *snapshot.manifest["event_types"]], object)
    events.insert(0, c.USER_ID, histories.user_ids[users])
    events[c.EVENT_TYPE] = types[histories.event_types]
    events[c.EVENT_AT] = pd.to_datetime(histories.times, unit="us", utc=True)
    # histories are in the order of time, so a second row of a pair is a repeat
    events["is_repeat"] = pd.DataFrame({"user": users, "item": histories.items}).duplicated().to_numpy()
    return events
