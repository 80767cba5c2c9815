"""EASE and ridge: a linear model from items to items, solved at once, by the smaller side.

Steck, "Embarrassingly shallow autoencoders for sparse data" (2019): with P = (λI + XᵀX)⁻¹ the weights are
B = I - P / diag(P), whose diagonal is zero. Ridge keeps the diagonal: B = I - λP. Where users are fewer
than items, Woodbury's identity gives both from K = (λI + XXᵀ)⁻¹: XP = KX, and
diag(P)ⱼ = (1 - xⱼᵀKxⱼ) / λ for the column xⱼ of X.
"""

from typing import Literal

import numpy as np
from scipy.linalg import inv
from scipy.sparse import csr_array

from recpipe.evaluate.peers.contract import Peer, Score, Setting
from recpipe.evaluate.peers.known import AgedBy, Known
from recpipe.evaluate.peers.popularity import DAYS

Diagonal = Literal["zero", "kept"]
ITEM_BLOCK = 4096


def ease(known: Known, setting: Setting) -> Score:
    """Fit EASE to the counts (`Known.counts`)."""
    return linear(_counts(known, setting), float(setting["l2"]), "zero")


def ridge(known: Known, setting: Setting) -> Score:
    """Fit EASE that keeps its diagonal: it can say that an item comes again."""
    return linear(_counts(known, setting), float(setting["l2"]), "kept")


def linear(counts: csr_array, l2: float, diagonal: Diagonal) -> Score:
    """Solve by the smaller side; counts: users × items."""
    users, items = counts.shape
    return (by_users if users < items else by_items)(counts, l2, diagonal)


def by_items(counts: csr_array, l2: float, diagonal: Diagonal) -> Score:
    """Solve with an items × items inverse."""
    gram = (counts.T @ counts).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += l2
    inverse = inv(gram, overwrite_a=True, check_finite=False)
    # the diagonal of I - P / diag(P) is zero, that of I - λP is not
    weights = -inverse / np.diag(inverse) if diagonal == "zero" else -l2 * inverse
    weights[np.diag_indices_from(weights)] = 0 if diagonal == "zero" else 1 - l2 * np.diag(inverse)
    weights = weights.astype(np.float32)
    return lambda users: counts[users] @ weights


def by_users(counts: csr_array, l2: float, diagonal: Diagonal) -> Score:
    """Solve with a users × users inverse."""
    gram = (counts @ counts.T).toarray().astype(np.float64)
    gram[np.diag_indices_from(gram)] += l2
    inverse = inv(gram, overwrite_a=True, check_finite=False)
    item_users = counts.T.tocsr()
    scale = np.full(counts.shape[1], l2)
    if diagonal == "zero":
        scale = l2 / (1 - explained(item_users, inverse))
    small, scale = inverse.astype(np.float32), scale.astype(np.float32)

    def score(users: np.ndarray) -> np.ndarray:
        scores = np.ascontiguousarray((item_users @ small[users].T).T)
        scores *= -scale
        rows = counts[users]
        scores[np.repeat(np.arange(len(users)), np.diff(rows.indptr)), rows.indices] += rows.data
        return scores

    return score


def explained(item_users: csr_array, inverse: np.ndarray) -> np.ndarray:
    """Return xⱼᵀKxⱼ of each item j, (items,) in [0, 1), in blocks of items."""
    parts = []
    for at in range(0, item_users.shape[0], ITEM_BLOCK):
        block = item_users[at : at + ITEM_BLOCK]
        rows = np.repeat(np.arange(block.shape[0]), np.diff(block.indptr))
        products = block.data * (block @ inverse)[rows, block.indices]
        parts.append(np.bincount(rows, products, minlength=block.shape[0]))
    return np.concatenate(parts)


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
