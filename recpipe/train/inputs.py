"""What the query towers read of a user; the same in training's judgement and in a loaded version."""

import numpy as np

from recpipe.core.snapshot import Histories
from recpipe.core.vocabulary import Vocabulary

HISTORY, USER = "history", "user"


def encoder_input(name: str, histories: Histories, max_history: int, users: Vocabulary) -> np.ndarray:
    """What an encoder reads of n users: "history" (n, max_history), or "user" (n,), int32, 0 = unknown."""
    return users.index_of(histories.user_ids) if name == USER else latest_items(histories, max_history)


def latest_items(histories: Histories, count: int) -> np.ndarray:
    """Each user's latest known items, newest first, padded with 0: (n, count) int32.

    Unknown items (0) are left out, so that they take no known item's place.
    """
    is_known = histories.items > 0
    items = np.append(histories.items[is_known], np.int32(0))
    known_before = np.concatenate([[0], np.cumsum(is_known)])[histories.offsets]
    at = known_before[1:, None] - np.arange(1, count + 1)
    inside = at >= known_before[:-1, None]
    return np.where(inside, items[np.maximum(at, 0)], 0).astype(np.int32)
