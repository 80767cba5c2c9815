"""What share of a user's history has the category names of an item, or its attributes; old events fade."""

import numpy as np
from scipy.sparse import coo_array, csr_array

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
    """Shares of histories by what items are called. Names that one item alone has are left out.

    size: how many shares are made of each user.
    """

    def __init__(self, past: Past) -> None:
        paths = past.category_paths
        rows = np.repeat(np.arange(1, len(paths) + 1), [len(path) for path in paths])
        names = [name for path in paths for name in path]
        attributes = named_values(by_attribute(past.attributes))
        bags = numbered(rows, names, past.items, MOST_NAMES), numbered(*attributes, past.items, MOST_NAMES)
        self._bags = [(bag, called(bag.indices, bag.size)) for bag in bags]
        self.size = sum(bag.size + 1 for bag in bags)

    def of(self, asked: Asked, items: Ragged) -> np.ndarray:
        """Return (c, len(NAMES)) float32 for the c values of `items`; NaN where an item has no name."""
        shares = ((bag, history_shares(asked, names)) for bag, names in self._bags)
        return np.concatenate([_shares_of(bag, known, items) for bag, known in shares], axis=1)


def _shares_of(bag: Bag, shares: np.ndarray, items: Ragged) -> np.ndarray:
    names = bag.indices[items.values]
    found = np.where(names > 0, shares[items.row_numbers[:, None], names], np.nan)
    counts = (names > 0).sum(axis=1)
    mean = np.where(counts > 0, np.nansum(found, axis=1) / np.maximum(counts, 1), np.nan)
    return np.stack([mean, np.fmax.reduce(found, axis=1)], axis=1).astype(np.float32)


def called(names: np.ndarray, size: int) -> csr_array:
    """Which names each item has, (items + 1, size + 1) float32 of ones; names: see `Bag.indices`."""
    rows, _ = np.nonzero(names)
    columns = names[names > 0]
    ones = np.ones(len(columns), np.float32)
    return coo_array((ones, (rows, columns)), shape=(len(names), size + 1)).tocsr()


def history_shares(asked: Asked, names: csr_array) -> np.ndarray:
    """Return what share of each user's history has each name, old events fading, (n, size + 1) float32.

    names: as `called` gives them, so column 0 is 0. An event counts for all names of its item: those of a
    user may sum to more than 1.
    """
    known = asked.known
    weights = known.decay(HALF_LIFE_DAYS).astype(np.float32)
    shape = len(asked), names.shape[0]
    taken = coo_array((weights, (known.rows, known.columns + 1)), shape=shape).tocsr()
    shares: np.ndarray = (taken @ names).toarray()
    totals = np.bincount(known.rows, weights, minlength=len(asked)).astype(np.float32)[:, None]
    shares /= np.where(totals > 0, totals, 1)
    return shares
