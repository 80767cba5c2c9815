"""What the lists are made of by category, beside what users took."""

from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from recpipe.core import columns as c
from recpipe.core.workspace import Workspace
from recpipe.recommend.publication import Publication
from recpipe.recommend.show import lists_of_items

if TYPE_CHECKING:
    import pandas as pd

NONE, OTHERS = "(no category)", "(all others)"


def category_mix(workspace: Workspace, categories: int = 12) -> "pd.DataFrame":
    """Return the shares of the top categories in the current lists, and in all events up to now.

    A row a category, the most listed first, those after `categories` together; columns `lists` (share of all
    places) and `events` (share of all events). Empty where no item has a category, or no list a place.
    """
    import pandas as pd

    publication = Publication.open(workspace)
    items = _items(publication)
    items["lists"] = items[c.ITEM_ID].map(lists_of_items(publication)).fillna(0)
    if not items["lists"].sum() or (items["category"] == NONE).all():
        return pd.DataFrame({"lists": [], "events": []})
    mix = items.groupby("category")[["lists", "events"]].sum()
    mix = (mix / mix.sum().clip(lower=1)).sort_values(["lists", "events"], ascending=False)
    if len(mix) > categories:
        rest = mix.iloc[categories:].sum().to_frame(OTHERS).T
        mix = pd.concat([mix.iloc[:categories], rest])
    return mix


def _items(publication: Publication) -> "pd.DataFrame":
    """Return the items that lists may hold: `item_id`, `category` (the top of the path), `events`."""
    import pandas as pd

    folder = publication.snapshot_folder
    columns = [c.ITEM_INDEX, c.ITEM_ID, c.CATEGORIES]
    tables = [pq.read_table(path, columns=columns) for path in publication.titled]
    items = pd.concat([table.to_pandas() for table in tables], ignore_index=True)
    features = pq.read_table(
        folder / "item_features.parquet", columns=[c.ITEM_INDEX, "events"], filters=[("moment", "==", "now")]
    ).to_pandas()
    items["category"] = [path[0] if path is not None and len(path) else NONE for path in items[c.CATEGORIES]]
    items["events"] = items[c.ITEM_INDEX].map(features.set_index(c.ITEM_INDEX)["events"]).fillna(0)
    return items[[c.ITEM_ID, "category", "events"]]
