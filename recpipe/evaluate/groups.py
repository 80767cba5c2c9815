"""Groups of the users of a test by how active they were before it."""

import numpy as np

from recpipe.evaluate.questions import HeldOut


def history_groups(test: HeldOut) -> dict[str, np.ndarray]:
    """Return at most five groups of about equal size by the events known before the test, each (u,) bool.

    They are named by the fewest and the most events in them, and hold every user once.
    """
    known = np.concatenate([asked.histories.lengths for asked in test.questions()])
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 6)).astype(int))
    numbers = np.searchsorted(edges[1:-1], known, side="left")
    masks = [numbers == number for number in np.unique(numbers)]
    return {f"{known[mask].min():,}–{known[mask].max():,} events": mask for mask in masks}
