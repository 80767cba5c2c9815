"""What an event counts as a right answer: the one rule for training, early stopping and evaluation.

A purchase may count more than a view, and a return counts for nothing and takes back what came before it.
"""

import numpy as np

from recpipe.core.snapshot import Histories


def worth(histories: Histories, weights: np.ndarray) -> np.ndarray:
    """What each event counts as a right answer, (N,) float32; 0 where it is none.

    weights: (types + 1,) float32 by event type, see `Snapshot.event_weights`. An event counts its weight,
    unless that is 0 or less, or a later event of the same user on the same item has such a weight: who takes
    something back did not want it. What the user does with the item after that counts again.
    """
    own = weights[histories.event_types]
    refusals = np.flatnonzero(own <= 0)
    if len(refusals) == 0:
        return own
    rows = np.repeat(np.arange(len(histories)), histories.lengths)
    pairs = rows * (int(histories.items.max(initial=0)) + 1) + histories.items
    refused, last_from_end = np.unique(pairs[refusals[::-1]], return_index=True)
    last = refusals[::-1][last_from_end]
    found = np.minimum(np.searchsorted(refused, pairs), len(refused) - 1)
    is_taken_back = (refused[found] == pairs) & (np.arange(len(pairs)) <= last[found])
    return np.where(is_taken_back, 0, own).astype(np.float32)
