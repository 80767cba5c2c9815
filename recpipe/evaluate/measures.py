"""Every metric at every cutoff, of lists that were made once."""

from collections.abc import Callable

import numpy as np

from recpipe.core.metrics import hit_rate_at_k, mrr_at_k, ndcg_at_k, recall_at_k

METRICS: dict[str, Callable[[np.ndarray, np.ndarray, int], np.ndarray]] = {
    "ndcg": ndcg_at_k,
    "recall": recall_at_k,
    "mrr": lambda hits, _, k: mrr_at_k(hits, k),
    "hit_rate": lambda hits, _, k: hit_rate_at_k(hits, k),
}
CUTOFFS = (5, 10, 20, 50)


def cutoffs(k: int) -> tuple[int, ...]:
    """Return the lengths at which lists are measured, `k` among them.

    >>> cutoffs(12)
    (5, 10, 12, 20, 50)
    """
    return tuple(sorted({*CUTOFFS, k}))


def measured(
    hits: np.ndarray, relevant_counts: np.ndarray, lengths: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """Return each metric of each user, "ndcg@5" -> (q,) float64: (q, longest) bool, (q,) int.

    >>> sorted(measured(np.array([[True]]), np.array([1]), (1,)))
    ['hit_rate@1', 'mrr@1', 'ndcg@1', 'recall@1']
    """
    return {
        f"{name}@{k}": metric(hits, relevant_counts, k) for name, metric in METRICS.items() for k in lengths
    }
