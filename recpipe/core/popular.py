"""What is listed for those of whom nothing is known: popular items, of everybody or of their like."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from recpipe.core import columns as c
from recpipe.core.caps import Search
from recpipe.core.ragged import Ragged
from recpipe.core.retrieval import TopK, top_k
from recpipe.core.snapshot import Histories


@dataclass(frozen=True)
class PopularLists:
    """Popular items of s segments of users; the first is everybody.

    scores: (items + 1, s) float32, more is listed first, by the catalogue's index. known: (items + 1,) bool,
    those that may be listed. segment_of: histories of n users -> the segment of each, (n,) int.
    """

    scores: np.ndarray
    known: np.ndarray
    segment_of: Callable[[Histories], np.ndarray]

    @property
    def has_segments(self) -> bool:
        """Whether users are told apart."""
        return self.scores.shape[1] > 1

    def search(self, histories: Histories, barred: Ragged | None, listed: np.ndarray) -> Search:
        """Return the search for the most popular of the `listed` (items + 1,) but those `barred`."""
        segments = self.segment_of(histories)

        def by_popularity(rows: np.ndarray, depth: int) -> TopK:
            queries = np.zeros((len(rows), self.scores.shape[1]), np.float32)
            queries[np.arange(len(rows)), segments[rows]] = 1
            excluded = None if barred is None else barred.take(rows)
            return top_k(queries, self.scores, depth, excluded=excluded, allowed=listed)

        return by_popularity


def for_everybody(features: dict[str, np.ndarray], known_items: int, items: int) -> PopularLists:
    """Return the list of the items known before the test part: by recent events, all events, item id.

    features: see `Snapshot.item_features`; items: of the catalogue.
    """
    keys = [features[name][: known_items + 1] for name in (c.RECENT_EVENTS, c.EVENTS)]
    scores, known = np.zeros((items + 1, 1), np.float32), np.zeros(items + 1, bool)
    scores[: known_items + 1, 0] = places(*keys)
    known[1 : known_items + 1] = True
    return PopularLists(scores, known, lambda histories: np.zeros(len(histories), int))


def places(*keys: np.ndarray) -> np.ndarray:
    """Return (n,) float32 in (0, 1], falling by the first key, then the next ones, then the index.

    Places rather than counts, so that no two scores are equal and all keys have their say.
    """
    order = np.lexsort([-key for key in reversed(keys)])  # stable
    scores = np.empty(len(order), np.float32)
    scores[order] = 1 - np.arange(len(order), dtype=np.float32) / len(order)
    return scores
