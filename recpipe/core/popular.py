"""What is listed for those of whom nothing is known."""

import numpy as np

from recpipe.core import columns as c


def popular_scores(features: dict[str, np.ndarray], known_items: int) -> np.ndarray:
    """Return (known_items + 1,) float32 in (0, 1]: the place by recent events, then all events, then item id.

    Places rather than counts, so that no two scores are equal and both counts have their say.
    """
    # known items are indexed in the order of their ids, and the sort is stable
    order = np.lexsort([-features[name][: known_items + 1] for name in (c.EVENTS, c.RECENT_EVENTS)])
    scores = np.empty(len(order), np.float32)
    scores[order] = 1 - np.arange(len(order), dtype=np.float32) / len(order)
    return scores
