"""What a generator is: something that has an opinion on which items a user may take next."""

from typing import Protocol

import numpy as np

from recpipe.core.ranking import Recommender
from recpipe.core.snapshot import Snapshot
from recpipe.rank.past import Asked, Past


class Generator(Protocol):
    """Fitted to a past; scores every item for who is asked.

    Scores are compared within one user only. -inf: it has nothing to say of the item, and does not name it.
    """

    def scores(self, asked: Asked) -> np.ndarray:
        """Return (n, items + 1) float32, by the snapshot's index; column 0, the unknown item, is -inf."""
        ...


class Fit(Protocol):
    """Fits a generator to what was known before a moment."""

    def __call__(self, past: Past, recommender: Recommender, snapshot: Snapshot) -> Generator:
        """Fit; `recommender` is the retrieval that the second stage stands upon."""
        ...


def nothing(users: int, items: int) -> np.ndarray:
    """Return no opinion on anything, (users, items + 1) float32."""
    return np.full((users, items + 1), -np.inf, np.float32)


def same_for_all(by_item: np.ndarray, users: int) -> np.ndarray:
    """Return (items + 1,) for each user; 0 and less is no opinion. Not to be written to."""
    one = np.where(by_item > 0, by_item, -np.inf).astype(np.float32)
    one[0] = -np.inf
    return np.broadcast_to(one, (users, len(one)))
