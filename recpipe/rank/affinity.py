"""What share of a user's history each category has, old events fading."""

import numpy as np
from scipy.sparse import coo_array

from recpipe.rank.past import Asked

HALF_LIFE_DAYS = 60.0


def category_shares(asked: Asked, categories: np.ndarray) -> np.ndarray:
    """Return (n, categories + 1) float32 by `categories` (items + 1,) of the items; column 0, none, is 0."""
    known = asked.known
    numbers = categories[known.columns + 1]
    shape = len(asked), int(categories.max(initial=0)) + 1
    shares = coo_array((known.decay(HALF_LIFE_DAYS), (known.rows, numbers)), shape=shape).toarray()
    totals = shares.sum(axis=1, keepdims=True)
    shares = (shares / np.where(totals > 0, totals, 1)).astype(np.float32)
    shares[:, 0] = 0
    return shares
