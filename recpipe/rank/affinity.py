"""What share of a user's history has the category names of an item, or its attributes; old events fade."""

import numpy as np
from scipy.sparse import coo_array

from recpipe.core.attributes import by_attribute, named_values
from recpipe.core.bags import Bag, numbered
from recpipe.core.ragged import Ragged
from recpipe.rank.past import Asked, Past

HALF_LIFE_DAYS = 60.0
"""After which an event of the history counts half."""
MOST_NAMES = 16
"""Names of an item that are looked at."""
NAMES = ("category_share", "category_share_best", "attribute_share", "attribute_share_best")
"""Of the names in the item's category path, whatever their level (genres have no order), and of its
attributes as `name=value`: the mean share of the history that has them, and the largest."""


class Affinity:
    """Shares of histories by what items are called. Names that one item alone has are left out."""

    def __init__(self, past: Past) -> None:
        paths = past.category_paths
        rows = np.repeat(np.arange(1, len(paths) + 1), [len(path) for path in paths])
        names = [name for path in paths for name in path]
        attributes = named_values(by_attribute(past.attributes))
        self._bags = (
            numbered(rows, names, past.items, MOST_NAMES),
            numbered(*attributes, past.items, MOST_NAMES),
        )

    def of(self, asked: Asked, items: Ragged) -> np.ndarray:
        """Return (c, len(NAMES)) float32 for the c values of `items`; NaN where an item has no name."""
        return np.concatenate([_shares_of(bag, asked, items) for bag in self._bags], axis=1)


def _shares_of(bag: Bag, asked: Asked, items: Ragged) -> np.ndarray:
    shares = history_shares(asked, bag.indices, bag.size)
    names = bag.indices[items.values]
    found = np.where(names > 0, shares[items.row_numbers[:, None], names], np.nan)
    counts = (names > 0).sum(axis=1)
    mean = np.where(counts > 0, np.nansum(found, axis=1) / np.maximum(counts, 1), np.nan)
    return np.stack([mean, np.fmax.reduce(found, axis=1)], axis=1).astype(np.float32)


def history_shares(asked: Asked, names: np.ndarray, size: int) -> np.ndarray:
    """Return what share of each user's history has each name, old events fading, (n, size + 1) float32.

    names: (items + 1, width), those of each item from 1, 0 = none; column 0 of the result is 0. An event
    counts for all names of its item, so those of a user may sum to more than 1.
    """
    known = asked.known
    weights = known.decay(HALF_LIFE_DAYS)
    of_events = names[known.columns + 1]
    has_name = of_events > 0
    rows = np.repeat(known.rows, has_name.sum(axis=1))
    each = np.repeat(weights, has_name.sum(axis=1))
    shape = len(asked), size + 1
    shares = coo_array((each, (rows, of_events[has_name])), shape=shape).toarray()
    totals = np.bincount(known.rows, weights, minlength=len(asked))[:, None]
    return (shares / np.where(totals > 0, totals, 1)).astype(np.float32)
