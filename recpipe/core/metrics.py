"""How good ranked lists are, user by user: the one definition for early stopping and for evaluation.

NDCG: Järvelin & Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with gain 1 for a
relevant item and the discount 1 / log2(rank + 1).
"""

import numpy as np

from recpipe.core.ragged import Ragged


def hits(top_indices: np.ndarray, relevant: Ragged) -> np.ndarray:
    """Which recommended items are relevant: (q, k) int -> (q, k) bool.

    Row `i` of `relevant` belongs to row `i` of `top_indices`. Index 0 (no item) is never a hit.
    """
    count, k = top_indices.shape
    if count != len(relevant):
        raise ValueError(f"{count} lists but {len(relevant)} rows of relevant items")
    listed = Ragged(np.arange(count + 1, dtype=np.int64) * k, top_indices.ravel())
    return listed.contained(relevant).reshape(count, k) & (top_indices > 0)


def ndcg_at_k(hits: np.ndarray, relevant_counts: np.ndarray, k: int) -> np.ndarray:
    """NDCG@k of each user: (q, >=k) bool, (q,) numbers of distinct relevant items -> (q,) in [0, 1].

    The ideal list has min(k, relevant) hits at its top. A user without a relevant item gets 0.

    >>> ndcg_at_k(np.array([[True, False], [False, True]]), np.array([1, 1]), 2).round(3).tolist()
    [1.0, 0.631]
    """
    discounts = 1 / np.log2(np.arange(2, k + 2))
    ideal = np.concatenate([[0], np.cumsum(discounts)])[np.minimum(relevant_counts, k)]
    gained = hits[:, :k] @ discounts[: hits.shape[1]]
    return np.divide(gained, ideal, out=np.zeros(len(hits)), where=ideal > 0)


def recall_at_k(hits: np.ndarray, relevant_counts: np.ndarray, k: int) -> np.ndarray:
    """Recall@k of each user = hits / min(k, relevant): (q, >=k) bool, (q,) -> (q,) in [0, 1].

    The smaller of both, so that a perfect list has 1 however many items are relevant.
    A user without a relevant item gets 0.

    >>> recall_at_k(np.array([[True, False, True]]), np.array([5]), 3).round(3).tolist()
    [0.667]
    """
    reachable = np.minimum(relevant_counts, k)
    found = hits[:, :k].sum(axis=1)
    return np.divide(found, reachable, out=np.zeros(len(hits)), where=reachable > 0)


def mrr_at_k(hits: np.ndarray, k: int) -> np.ndarray:
    """Reciprocal rank of each user's first hit within k, 0 without one: (q, >=k) bool -> (q,) in [0, 1].

    Voorhees, "The TREC-8 question answering track report" (1999).

    >>> mrr_at_k(np.array([[False, True, True], [False, False, True]]), 2).tolist()
    [0.5, 0.0]
    """
    within = hits[:, :k]
    return np.where(within.any(axis=1), 1 / (within.argmax(axis=1) + 1), 0.0)


def hit_rate_at_k(hits: np.ndarray, k: int) -> np.ndarray:
    """Whether each user has a hit within k: (q, >=k) bool -> (q,) of 0 and 1.

    >>> hit_rate_at_k(np.array([[False, True], [False, False]]), 2).tolist()
    [1.0, 0.0]
    """
    return np.where(hits[:, :k].any(axis=1), 1.0, 0.0)
