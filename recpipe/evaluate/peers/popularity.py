"""One list for everyone: what is taken most, ever, of late, or with old events fading."""

import numpy as np

from recpipe.core.known import Known, counted
from recpipe.evaluate.peers.contract import Peer, Score, Setting

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
