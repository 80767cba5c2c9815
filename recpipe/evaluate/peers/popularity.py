"""One list for everyone: what is taken most, ever, of late, or with old events fading."""

import numpy as np

from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.known import Known

DAYS = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 3, 5, 7, 10, 14, 21, 30, 45, 60, 90, 120, 180, 365, 730, 1460)
"""Ages and half-lives that are tried, in days; the shortest tell sessions of an hour apart."""


def all_time(known: Known, setting: Setting) -> Score:
    """Count all events or users."""
    return same_for_all(counted(known, np.ones(len(known.rows)), str(setting["by"])))


def recent(known: Known, setting: Setting) -> Score:
    """Count the events or users of the last `days` days."""
    return same_for_all(counted(known, (known.days < float(setting["days"])) * 1.0, str(setting["by"])))


def decayed(known: Known, setting: Setting) -> Score:
    """Count events or users, each weighing half as much with every `half_life` days."""
    return same_for_all(counted(known, known.decay(float(setting["half_life"])), str(setting["by"])))


def counted(known: Known, weights: np.ndarray, by: str) -> np.ndarray:
    """Sum the weights (N,) of the events of each item, (items,) float64.

    by: "events" sums all, "users" only the newest event of each user with each item.
    """
    if by == "events":
        return np.bincount(known.columns, weights, minlength=known.items)
    pairs = known.rows * known.items + known.columns
    # events are in order of time: the last occurrence is the newest
    newest = len(pairs) - 1 - np.unique(pairs[::-1], return_index=True)[1]
    return np.bincount(known.columns[newest], weights[newest], minlength=known.items)


def same_for_all(scores: np.ndarray) -> Score:
    """Give everyone the scores (items,)."""
    single = scores.astype(np.float32)
    return lambda users: np.broadcast_to(single, (len(users), len(single)))


_BY = {"by": ("events", "users")}

PEERS = (
    Peer("popularity, all time", all_time, ({"by": "events"},), _BY),
    Peer("popularity, recent", recent, ({"by": "users", "days": 30},), _BY | {"days": DAYS}),
    Peer("popularity, decayed", decayed, ({"by": "users", "half_life": 30},), _BY | {"half_life": DAYS}),
)
