"""EASE and ridge, see `core.linear`, fitted to counts of any kind."""

from scipy.sparse import csr_array

from recpipe.core.known import AgedBy, Known
from recpipe.core.linear import Diagonal, linear
from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.popularity import DAYS


def ease(known: Known, setting: Setting) -> Score:
    """Fit EASE to the counts (`Known.counts`)."""
    return _fitted(known, setting, "zero")


def ridge(known: Known, setting: Setting) -> Score:
    """Fit EASE that keeps its diagonal: it can say that an item comes again."""
    return _fitted(known, setting, "kept")


def _fitted(known: Known, setting: Setting, diagonal: Diagonal) -> Score:
    counts = _counts(known, setting)
    score = linear(counts, float(setting["l2"]), diagonal)
    return lambda users: score(counts[users])


def _counts(known: Known, setting: Setting) -> csr_array:
    by: AgedBy = "events" if "half_life_events" in setting else "days"
    half_life = float(setting.get("half_life_events", setting.get("half_life", 1)))
    return known.counts(str(setting["counts"]), half_life, by)


_STARTS: tuple[Setting, ...] = (
    {"counts": "binary", "l2": 200.0},
    {"counts": "log", "l2": 200.0},
    {"counts": "decayed", "half_life": 60, "l2": 50.0},
    {"counts": "log decayed", "half_life": 60, "l2": 50.0},
)
_L2 = (0.1, 0.2, 0.5, *(float(digit * 10**power) for power in range(5) for digit in (1, 2, 5)))
_AXES = {"l2": _L2, "half_life": DAYS}

PEERS = (Peer("EASE", ease, _STARTS, _AXES), Peer("ridge", ridge, _STARTS, _AXES))

PLAIN = Peer("EASE, no decay", ease, _STARTS[:2], _AXES)
"""EASE as it was published: of how much use the order of events is, the others tell."""

BY_POSITION = Peer(
    "EASE, decayed by position",
    ease,
    ({"counts": "decayed", "half_life_events": 20, "l2": 20.0},),
    {"l2": _L2, "half_life_events": (1, 2, 3, 5, 7, 10, 15, 20, 30, 50, 75, 100, 150, 200, 500)},
)
"""Not what is usually called EASE: what a linear model makes of the order of events."""
