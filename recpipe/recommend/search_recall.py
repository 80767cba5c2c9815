"""What an approximate search misses, measured each time lists are made with it."""

import numpy as np

from recpipe.core.snapshot import Snapshot
from recpipe.recommend.making import ListMaker

ASKED_USERS = 500


def search_recall(maker: ListMaker, snapshot: Snapshot) -> float | None:
    """Return the share of the exact best k items that the lists of ASKED_USERS users hold.

    Of those the model knows, evenly spread over the snapshot's first users; None where there are none.
    Re-ranking and reserved places are left aside: it is the search that is asked.
    """
    first = next(iter(snapshot.chunks(20_480)))
    histories = first.take(np.unique(np.linspace(0, len(first) - 1, ASKED_USERS).astype(np.int64)))
    found, best = (
        ranker.rank(
            histories,
            maker.params.k,
            exclude_seen=maker.filters.excludes_seen,
            excluded=maker.filters.excluded(histories),
        )
        for ranker in (maker.ranker, maker.ranker.exact())
    )
    shares = [
        np.isin(exact[exact > 0], near).mean()
        for exact, near in zip(best.indices[best.is_personal], found.indices[best.is_personal], strict=True)
        if exact.any()
    ]
    return float(np.mean(shares)) if shares else None
