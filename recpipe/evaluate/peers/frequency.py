"""What the user had most, ever or with old events fading; after that, what is popular of late."""

import numpy as np

from recpipe.core.known import Known, counted
from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.popularity import DAYS


def personal(known: Known, setting: Setting) -> Score:
    """Rank own items by (decayed) count, the others behind them by decayed popularity.

    half_life: days, of both counts; without it, own events count alike.
    """
    half_life = float(setting.get("half_life", 30))
    own = known.counts("decayed" if "half_life" in setting else "count", half_life)
    order = np.argsort(np.argsort(counted(known, known.decay(half_life), "users"), kind="stable"))
    behind = (order / known.items - 1).astype(np.float32)  # below 0, where no own item is

    def score(users: np.ndarray) -> np.ndarray:
        rows = own[users]
        scores = np.tile(behind, (len(users), 1))
        scores[np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices] = rows.data
        return scores

    return score


PEERS = (
    Peer("own frequency", personal, repeats=True),
    Peer("own frequency, decayed", personal, ({"half_life": 30},), {"half_life": DAYS}, repeats=True),
)
