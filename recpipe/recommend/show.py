"""What was published, as a person would look at it: a few users' lists, and what is recommended most."""

from typing import TYPE_CHECKING

import numpy as np
import pyarrow.compute as pc

from recpipe.core import columns as c
from recpipe.core.workspace import Workspace
from recpipe.recommend.current import UserList, lookup
from recpipe.recommend.publication import Publication

if TYPE_CHECKING:
    import pandas as pd


def samples(workspace: Workspace, users: int = 3, k: int = 5) -> list[UserList]:
    """Return `users` users of the current publication, evenly spread over the ids that have a list."""
    publication = Publication.open(workspace)
    # one part is enough for a few, and its size is bounded
    part = next((file for file in publication.files if file.metadata.num_rows), None)
    if part is None:
        return []
    served = part.read(columns=[c.USER_ID]).column(c.USER_ID).unique()
    chosen = np.unique((np.arange(users) + 0.5) * len(served) // users).astype(int)
    return [lookup(workspace, served[int(row)].as_py(), k, last=k) for row in chosen]


def show(samples: list[UserList]) -> "pd.DataFrame":
    """Return the samples as a table: one row a place, `did last` (newest first) beside `recommended`."""
    import pandas as pd

    rows = [
        {
            "user": user.user_id,
            "place": place + 1,
            "did last": user.did[place].title if place < len(user.did) else "",
            "recommended": user.recommended[place].title if place < len(user.recommended) else "",
        }
        for user in samples
        for place in range(max(len(user.did), len(user.recommended)))
    ]
    return pd.DataFrame(rows, columns=["user", "place", "did last", "recommended"]).set_index(
        ["user", "place"]
    )


def most_recommended(workspace: Workspace, items: int = 15) -> "pd.DataFrame":
    """Return the `items` items in most lists: `title`, `lists` (how many), `share` of all users."""
    import pandas as pd

    publication = Publication.open(workspace)
    counts = lists_of_items(publication)
    first = sorted(counts, key=lambda item: (-counts[item], item))[:items]
    titles = publication.titles(set(first), set())
    table = pd.DataFrame(
        {"title": [titles[item][1] for item in first], "lists": [counts[item] for item in first]}
    )
    return table.assign(share=table["lists"] / publication.users)


def lists_of_items(publication: Publication) -> dict[str, int]:
    """Return in how many lists each item stands, by its id; items in none are left out."""
    counts: dict[str, int] = {}
    for batch in publication.batches([c.ITEM_ID]):
        for pair in pc.value_counts(batch.column(c.ITEM_ID)).to_pylist():
            counts[pair["values"]] = counts.get(pair["values"], 0) + pair["counts"]
    return counts
