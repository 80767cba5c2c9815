"""Groups of the users of a test: by how active they were before it, and by what is told of them."""

import numpy as np

from recpipe.evaluate.audience import audience
from recpipe.evaluate.params import EvaluateParams
from recpipe.evaluate.questions import HeldOut
from recpipe.evaluate.segment_groups import groups_of


def user_groups(test: HeldOut, params: EvaluateParams) -> dict[str, np.ndarray]:
    """Return the groups that nobody in may be worse off: of `history_groups`, and the segments of users.

    Each (u,) bool. Segments that would tell of fewer than `min_segment` users are left out.
    """
    segments = groups_of(audience(test), [], params.min_segment)
    told = {f"{group.kind} {group.name}": group.users for group in segments if group.items is None}
    return history_groups(test) | told


def history_groups(test: HeldOut) -> dict[str, np.ndarray]:
    """Return at most five groups of about equal size by the events known before the test, each (u,) bool.

    They are named by the fewest and the most events in them, and hold every user once.
    """
    known = np.concatenate([asked.histories.lengths for asked in test.questions()])
    edges = np.unique(np.quantile(known, np.linspace(0, 1, 6)).astype(int))
    numbers = np.searchsorted(edges[1:-1], known, side="left")
    masks = [numbers == number for number in np.unique(numbers)]
    return {f"{known[mask].min():,}–{known[mask].max():,} events": mask for mask in masks}
